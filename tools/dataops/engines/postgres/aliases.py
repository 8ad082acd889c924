"""The names of relations while the next release is built: production's in the project, `<schema>__next` on the server.

A project's own `generate_schema_name` may not look at the profile's schema, and hooks may. So neither is touched: the
nodes of the parsed manifest get other schemas for as long as dbt runs, and whatever it leaves is written back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataops.engines.postgres.names import quoted

_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')

_ARTIFACTS = ("manifest.json", "run_results.json", "catalog.json")


def served(node: Any) -> tuple[str, str]:
    """The schema and name of a node's relation as the server has them: what is not quoted is folded."""
    parts = [quoted_ or plain.lower() for quoted_, plain in _PART.findall(node.relation_name or "")]
    if len(parts) < 2:
        return str(node.schema), str(node.alias)
    return parts[-2].replace('""', '"'), parts[-1].replace('""', '"')


def built(manifest: Any) -> dict[str, Any]:
    """The nodes of a manifest that have a relation of their own: models, seeds, snapshots, and tests that store."""
    return {
        uid: node
        for uid, node in manifest.nodes.items()
        if node.relation_name
        and (
            (node.is_refable and not node.is_ephemeral_model)
            or (str(node.resource_type) == "test" and node.is_relational)
        )
    }


@contextmanager
def beside(manifest: Any, places: Mapping[str, str], stay: Collection[str]) -> Iterator[None]:
    """Let the nodes of a manifest be in other schemas, given by `places`; those that `stay` are where they were.

    Afterwards they are where they were too, and the SQL that was compiled meanwhile names what readers find.
    """
    moved = {}
    for uid, node in built(manifest).items():
        schema, _ = served(node)
        if uid not in stay and schema in places:
            moved[uid] = (node.schema, node.relation_name)
            new = places[schema]
            parts = [found.group(0) for found in _PART.finditer(node.relation_name)]
            parts[-2] = quoted(new) if parts[-2].startswith('"') else new
            node.schema, node.relation_name = new, ".".join(parts)
    try:
        yield
    finally:
        for uid, (schema, name) in moved.items():
            manifest.nodes[uid].schema, manifest.nodes[uid].relation_name = schema, name
        for node in manifest.nodes.values():
            if getattr(node, "compiled_code", None):
                node.compiled_code = restored(node.compiled_code, places)


def restored(text: str, places: Mapping[str, str]) -> str:
    """A text that names schemas beside production, with production's own instead."""
    for schema, place in places.items():
        text = _renamed(text, place, schema)
        text = _renamed(text, place.replace('"', '""'), schema.replace('"', '""'))
    return text


def _renamed(text: str, old: str, new: str) -> str:
    return re.sub(rf"(?<![\w$]){re.escape(old)}(?![\w$])", lambda _: new, text) if old in text else text


def restore_artifacts(folder: Path, places: Mapping[str, str]) -> None:
    """The same in the artifacts that dbt left in a folder."""
    written = {json.dumps(schema)[1:-1]: json.dumps(place)[1:-1] for schema, place in places.items()}
    for name in _ARTIFACTS:
        file = folder / name
        if file.exists():
            text = file.read_text(encoding="utf-8")
            if any(place in text for place in written.values()):
                file.write_text(restored(text, written), encoding="utf-8")
