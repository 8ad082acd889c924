"""The next release as dbt builds it, in databases of its own that nothing changes once it is published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from pathlib import Path
from typing import Any

from dataops.engines.beside import Beside, adds, built
from dataops.engines.server import settled
from dataops.engines.spark import catalog
from dataops.engines.spark.catalog import Relation
from dataops.engines.spark.copying import beneath, copy
from dataops.engines.spark.journal import Change, Release
from dataops.engines.spark.names import beside, elsewhere, named, quoted, served, token
from dataops.engines.spark.store import Store
from dataops.errors import WarehouseError
from dataops.project.invocation import OnEvent
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.store.state import State

Key = tuple[str, str]
"""A relation of production's: database and name."""


class Candidate:
    """A release that is being built."""

    def __init__(
        self,
        project: Project,
        target: Target,
        store: Store,
        manifest: Any,
        keep: Collection[str],
        full_refresh: bool,
        tell: Callable[[str], None],
    ) -> None:
        """Make the databases, and copy what has history or stays as it is. `tell`: hears how long publishing took.

        Raises:
            WarehouseError: Spark refuses it.
        """
        self._store = store
        self._tell = tell
        nodes = built(manifest)
        names = {uid: served(node) for uid, node in nodes.items()}
        self._token = token()
        self.places = {schema: beside(schema, self._token) for schema in sorted({each for each, _ in names.values()})}
        moved = {
            uid: (self.places[schema], elsewhere(nodes[uid].relation_name, self.places[schema]))
            for uid, (schema, _) in names.items()
        }
        self._beside = Beside(project, target, self.places, moved)
        store.tidy()
        self._live = store.journal.live()
        self._names = {*names.values()}
        self._there = self._look(self._names)
        self.begins = self._live is None and not self._there
        store.journal.set_building(list(self.places.values()))
        for each in self.places.values():
            store.session.run(f"create database {quoted(each)}")
        kept = {names[uid] for uid in keep if uid in names}
        added = {names[uid] for uid, node in nodes.items() if adds(node, full_refresh)}
        self._copied: dict[Key, tuple[str, tuple[int, int | None]]] = {}
        for key in sorted((kept | added) & self._there.keys()):
            source, made = beneath(store.session.rows, self._there[key].sql)
            # dbt goes on from tables only. Of a view that stays, the rows are kept that it shows now.
            if made.view and key not in kept:
                continue
            self._copied[key] = (source, catalog.content(store.session, source))
            place = named(self.places[key[0]], key[1])
            copy(lambda sql: store.session.run(sql, long=True), source, made, place)

    def _look(self, names: Collection[Key]) -> dict[Key, Relation]:
        """Those of the project's relations that production has."""
        found = {
            (schema, name): relation
            for schema in {each for each, _ in names}
            for name, relation in catalog.relations(self._store.session, schema).items()
        }
        return {key: each for key, each in found.items() if key in names}

    def run(self, manifest: Any, folder: Path, arguments: Sequence[str], on_event: OnEvent | None) -> Outcome:
        """Build and test in the release's databases."""
        return self._beside.run(manifest, folder, arguments, on_event)

    def document(self, manifest: Any, folder: Path) -> None:
        """Write dbt's catalog of the release."""
        self._beside.document(manifest, folder)

    def publish(self, state: State, release: str, superseded: str | None) -> None:
        """Lead production's views to the release, and the state's pointer after them."""
        store = self._store
        changed = self.changed()
        if changed:
            raise WarehouseError(
                f"somebody wrote to {', '.join(changed)} while the release was built", "run again: it starts from that"
            )
        new = Release(release, self._token, self.places)
        old = self._live
        adopt: list[list[str]] = []
        if old is None and superseded is not None:
            mark = token()
            databases = {schema: beside(schema, mark) for schema in self.places}
            old = Release(superseded, mark, databases, found=True)
            adopt = [list(key) for key in sorted(self._there)]
        state.announce(release)
        self._tell(store.publish(Change(new, old, adopt)).sentence)
        store.journal.set_building([])
        settled(state, release)

    def changed(self) -> list[str]:
        """What of the project's relations somebody wrote to since."""
        before, now = (
            {key: each.identity for key, each in seen.items()} for seen in (self._there, self._look(self._names))
        )
        found = {key for key in {*before, *now} if before.get(key) != now.get(key)}
        for key, (source, content) in self._copied.items():
            if key not in found and catalog.content(self._store.session, source) != content:
                found.add(key)
        return [".".join(key) for key in sorted(found)]
