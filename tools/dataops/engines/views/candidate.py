"""The next release as dbt builds it, in schemas of its own that nothing changes once it is published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataops.engines.beside import Beside, adds, built
from dataops.engines.server import settled
from dataops.engines.views.journal import Change, Release
from dataops.engines.views.names import Served, served, token
from dataops.engines.views.session import Relation, Session
from dataops.engines.views.store import Store
from dataops.errors import WarehouseError
from dataops.project.invocation import OnEvent
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.store.state import State

Key = tuple[str, str]
"""A relation of production's: schema and name, as the warehouse keeps them."""


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
        """Make the schemas, and copy what has history or stays as it is. `tell`: hears how long publishing took.

        Raises:
            WarehouseError: the warehouse refuses it.
        """
        self._store = store
        self._tell = tell
        session = store.session
        nodes = built(manifest)
        found = {uid: served(session, node) for uid, node in nodes.items()}
        names = {uid: each.key for uid, each in found.items()}
        self._token = token()
        self.places = {each.key[0]: each.beside(session, self._token) for each in found.values()}
        self._beside = Beside(project, target, *_elsewhere(session, found, self._token))
        store.tidy()
        self._live = store.journal.live()
        self._names = {*names.values()}
        self._there = self._look(self._names)
        self.begins = self._live is None and not self._there
        store.journal.set_building(list(self.places.values()))
        for each in self.places.values():
            session.make_schema(each)
        kept = {names[uid] for uid in keep if uid in names}
        added = {names[uid] for uid, node in nodes.items() if adds(node, full_refresh)}
        self._copied: dict[Key, tuple[str, tuple[int, int | None]]] = {}
        for key in sorted((kept | added) & self._there.keys()):
            source = session.beneath(self._there[key])
            # dbt goes on from tables only. Of a view that stays, the rows are kept that it shows now.
            if source.view and key not in kept:
                continue
            named = session.named(source.schema, source.name)
            self._copied[key] = (named, session.content(named))
            session.copy(source, session.named(self.places[key[0]], key[1]))

    def _look(self, names: Collection[Key]) -> dict[Key, Relation]:
        """Those of the project's relations that production has."""
        found = {
            (schema, name): relation
            for schema in {each for each, _ in names}
            for name, relation in self._store.session.relations(schema).items()
        }
        return {key: each for key, each in found.items() if key in names}

    def run(self, manifest: Any, folder: Path, arguments: Sequence[str], on_event: OnEvent | None) -> Outcome:
        """Build and test in the release's schemas."""
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
                f"{', '.join(changed)} in production was written to by someone else while the release was made",
                "run again; let only `dataops deploy` write to production",
            )
        new = Release(release, self._token, self.places)
        old = self._live
        adopt: list[list[str]] = []
        if old is None and superseded is not None:
            mark = token()
            databases = {schema: self._store.session.beside(schema, mark) for schema in self.places}
            old = Release(superseded, mark, databases, found=True)
            adopt = [list(key) for key in sorted(self._there)]
            self._refuse_hindered()
        state.announce(release)
        self._tell(store.publish(Change(new, old, adopt)).sentence)
        store.journal.set_building([])
        settled(state, release)

    def _refuse_hindered(self) -> None:
        for key, relation in sorted(self._there.items()):
            why = None if relation.view else self._store.session.hindrance(relation)
            if why is not None:
                raise WarehouseError(
                    f"{'.'.join(key)} {why}", "let the project make it for what it builds, take it off, then run again"
                )

    def changed(self) -> list[str]:
        """What of the project's relations somebody wrote to since."""
        before, now = (
            {key: each.identity for key, each in seen.items()} for seen in (self._there, self._look(self._names))
        )
        found = {key for key in {*before, *now} if before.get(key) != now.get(key)}
        for key, (source, content) in self._copied.items():
            if key not in found and self._store.session.content(source) != content:
                found.add(key)
        return [".".join(key) for key in sorted(found)]


def _elsewhere(
    session: Session, found: Mapping[str, Served], mark: str
) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """For `Beside`: the schemas as the project writes them, and each relation in the one in its stead."""
    places = {each.written: session.beside(each.written, mark) for each in found.values()}
    moved = {uid: (places[each.written], each.within(session, places[each.written])) for uid, each in found.items()}
    return places, moved
