"""The names of relations while a release is built: production's in the project, a database of the release's on Spark.

The nodes of the parsed manifest get other schemas for as long as dbt runs, and whatever it leaves is written back.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataops.engines.spark.names import quoted

_ARTIFACTS = ("manifest.json", "run_results.json", "catalog.json")


def served(node: Any) -> tuple[str, str]:
    """A node's database and name as the metastore has them: without regard to case."""
    return str(node.schema).lower(), str(node.alias).lower()


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
def beside(manifest: Any, places: Mapping[str, str]) -> Iterator[None]:
    """Let the nodes of a manifest be in other databases, given by `places`.

    Afterwards they are where they were, and the SQL that was compiled meanwhile names what readers find.
    """
    moved = {}
    for uid, node in built(manifest).items():
        schema, _ = served(node)
        if schema in places:
            moved[uid] = (node.schema, node.relation_name)
            name = str(node.relation_name).rpartition(".")[2]
            node.relation_name = f"{quoted(places[schema]) if name.startswith('`') else places[schema]}.{name}"
            node.schema = places[schema]
    try:
        yield
    finally:
        for uid, (schema, name) in moved.items():
            manifest.nodes[uid].schema, manifest.nodes[uid].relation_name = schema, name
        for node in manifest.nodes.values():
            if getattr(node, "compiled_code", None):
                node.compiled_code = restored(node.compiled_code, places)


def restored(text: str, places: Mapping[str, str]) -> str:
    """A text that names a release's databases, with production's own instead."""
    for schema, place in places.items():
        if place in text:
            text = re.sub(rf"(?<!\w){re.escape(place)}(?!\w)", schema, text)
    return text


def restore_artifacts(folder: Path, places: Mapping[str, str]) -> None:
    """The same in the artifacts that dbt left in a folder."""
    for name in _ARTIFACTS:
        file = folder / name
        if file.exists():
            text = file.read_text(encoding="utf-8")
            if any(place in text for place in places.values()):
                file.write_text(restored(text, places), encoding="utf-8")
