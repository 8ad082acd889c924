"""The next release as dbt builds it, in schemas of its own that nothing changes once it is published."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataops.engines.beside import Beside, adds, built
from dataops.engines.server import settled
from dataops.engines.views.names import Served, served, token
from dataops.engines.views.session import Session
from dataops.engines.views.store import Store
from dataops.engines.views.upcoming import Begun, Content, Key, look, packed
from dataops.project.invocation import OnEvent
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.store.state import State


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
        mark = token()
        places = {each.key[0]: each.beside(session, mark) for each in found.values()}
        self._beside = Beside(project, target, *_elsewhere(session, found, mark))
        store.tidy()
        live, there = store.journal.live(), look(session, {*names.values()})
        self.begins = live is None and not there
        store.journal.set_building(list(places.values()))
        for each in places.values():
            session.make_schema(each)
        kept = {names[uid] for uid in keep if uid in names}
        added = {names[uid] for uid, node in nodes.items() if adds(node, full_refresh)}
        copied: dict[Key, tuple[str, Content]] = {}
        for key in sorted((kept | added) & there.keys()):
            source = session.beneath(there[key])
            # dbt goes on from tables only. Of a view that stays, the rows are kept that it shows now.
            if source.view and key not in kept:
                continue
            named = session.named(source.schema, source.name)
            copied[key] = (named, session.content(named))
            session.copy(source, session.named(places[key[0]], key[1]))
        self._begun = Begun(mark, places, live, {*names.values()}, there, copied)

    def run(self, manifest: Any, folder: Path, arguments: Sequence[str], on_event: OnEvent | None) -> Outcome:
        """Build and test in the release's schemas."""
        return self._beside.run(manifest, folder, arguments, on_event)

    def document(self, manifest: Any, folder: Path) -> None:
        """Write dbt's catalog of the release."""
        self._beside.document(manifest, folder)

    def publish(self, state: State, release: str, superseded: str | None) -> None:
        """Lead production's views to the release, and the state's pointer after them."""
        state.announce(release)
        self._tell(self._begun.publish(self._store, release, superseded).sentence)
        self._store.journal.set_building([])
        settled(state, release)

    def wait(self, release: str, unfinished: bool = False) -> None:
        """Write down that the release waits: its schemas are its own already."""
        self._store.wait(packed(release, self._begun))

    def changed(self) -> list[str]:
        """What of the project's relations somebody wrote to since."""
        return self._begun.changed(self._store.session)


def _elsewhere(
    session: Session, found: Mapping[str, Served], mark: str
) -> tuple[dict[str, str], dict[str, tuple[str, str]]]:
    """For `Beside`: the schemas as the project writes them, and each relation in the one in its stead."""
    places = {each.written: session.beside(each.written, mark) for each in found.values()}
    moved = {uid: (places[each.written], each.within(session, places[each.written])) for uid, each in found.items()}
    return places, moved
