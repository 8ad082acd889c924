"""The next release under other names while dbt builds it: production's in the project, `<schema>__…` on the server.

A project's own `generate_schema_name` may not look at the profile's schema, and hooks may. So neither is touched: the
nodes of the parsed manifest get other schemas for as long as dbt runs, and whatever it leaves is written back.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataops.project.invocation import OnEvent
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.session import Project

_ARTIFACTS = ("manifest.json", "run_results.json", "catalog.json")

_MADE_ANEW = {"table", "view", "seed", "materialized_view", "ephemeral", "test"}
"""What dbt makes anew without looking at what is there. Any other kind might add to it, and gets a copy."""


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


def adds(node: Any, full_refresh: bool) -> bool:
    """Whether dbt adds to the rows that are there."""
    if str(node.resource_type) == "snapshot":
        return True
    if str(node.config.materialized) in _MADE_ANEW:
        return False
    own = getattr(node.config, "full_refresh", None)
    return not (full_refresh if own is None else own)


@dataclass(frozen=True)
class Beside:
    """Where dbt builds a release. `places`: by production's schema, the one in its stead; `moved`: by unique id, the
    schema and the relation's name as SQL of what is built there. Other nodes are where they are.
    """

    project: Project
    target: Target
    places: Mapping[str, str]
    moved: Mapping[str, tuple[str, str]]

    def run(self, manifest: Any, folder: Path, arguments: Sequence[str], on_event: OnEvent | None) -> Outcome:
        """Build and test there."""
        with self._there(manifest):
            words = ["--target-path", str(folder), *arguments]
            outcome = self.project.run("build", self.target, manifest, words, on_event)
        self._write_back(self.project.root / folder)
        return outcome

    def document(self, manifest: Any, folder: Path) -> None:
        """Write dbt's catalog of what is there."""
        with self._there(manifest):
            self.project.document(self.target, manifest, folder)
        self._write_back(self.project.root / folder)

    @contextmanager
    def _there(self, manifest: Any) -> Iterator[None]:
        """Afterwards nodes are where they were, and the SQL that was compiled meanwhile names what readers find."""
        nodes = {uid: manifest.nodes[uid] for uid in self.moved if uid in manifest.nodes}
        before = {uid: (node.schema, node.relation_name) for uid, node in nodes.items()}
        for uid, node in nodes.items():
            node.schema, node.relation_name = self.moved[uid]
        try:
            yield
        finally:
            for uid, node in nodes.items():
                node.schema, node.relation_name = before[uid]
            for node in manifest.nodes.values():
                if getattr(node, "compiled_code", None):
                    node.compiled_code = restored(node.compiled_code, self.places)

    def _write_back(self, folder: Path) -> None:
        """The same in the artifacts that dbt left."""
        written = {json.dumps(schema)[1:-1]: json.dumps(place)[1:-1] for schema, place in self.places.items()}
        for name in _ARTIFACTS:
            file = folder / name
            if file.exists():
                text = file.read_text(encoding="utf-8")
                if any(place in text for place in written.values()):
                    file.write_text(restored(text, written), encoding="utf-8")


def restored(text: str, places: Mapping[str, str]) -> str:
    """A text that names schemas beside production, with production's own instead."""
    for schema, place in places.items():
        # As it is, and as it is within quotes.
        text = _renamed(text, place, schema)
        for quote in '"`':
            text = _renamed(text, place.replace(quote, quote * 2), schema.replace(quote, quote * 2))
    return text


def _renamed(text: str, old: str, new: str) -> str:
    return re.sub(rf"(?<![\w$]){re.escape(old)}(?![\w$])", lambda _: new, text) if old in text else text
