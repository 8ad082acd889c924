"""The next release as dbt builds it: the project's nodes are in the schemas beside production's while dbt runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataops.engines.beside import Beside, adds, built
from dataops.engines.postgres import waiting
from dataops.engines.postgres.names import elsewhere, served
from dataops.engines.postgres.publication import Key
from dataops.engines.postgres.store import Store
from dataops.engines.postgres.upcoming import Plan, Upcoming
from dataops.engines.server import settled
from dataops.project.invocation import OnEvent
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.store.state import State


class Candidate:
    """A release that is being built."""

    def __init__(self, project: Project, target: Target, store: Store, manifest: Any, upcoming: Upcoming) -> None:
        """In schemas that are there, with what has history."""
        self._store = store
        self._upcoming = upcoming
        nodes = built(manifest)
        names = {uid: served(node) for uid, node in nodes.items()}
        places = upcoming.begun.places
        moved = {
            uid: (places[key[0]], elsewhere(nodes[uid].relation_name, places[key[0]]))
            for uid, key in names.items()
            if key not in self._upcoming.begun.stays
        }
        self._beside = Beside(project, target, places, moved)

    @property
    def begins(self) -> bool:
        """Whether there is no production yet."""
        return self._upcoming.begins

    def run(self, manifest: Any, folder: Path, arguments: Sequence[str], on_event: OnEvent | None) -> Outcome:
        """Build and test beside production."""
        return self._beside.run(manifest, folder, arguments, on_event)

    def document(self, manifest: Any, folder: Path) -> None:
        """Write dbt's catalog of the candidate."""
        self._beside.document(manifest, folder)

    def publish(self, state: State, release: str, superseded: str | None) -> None:
        """Move the candidate's relations into production's schemas, and the state's pointer after them."""
        state.announce(release)
        self._upcoming.publish(release, superseded)
        settled(state, release)
        self._store.tidy()

    def wait(self, release: str, unfinished: bool = False) -> None:
        """Rename the candidate's schemas, and write down what production was."""
        waiting.leave(self._store, release, self._upcoming.begun)

    def changed(self) -> list[str]:
        """What of the project's relations somebody wrote to since."""
        return self._upcoming.changed()


def planned(manifest: Any, keep: Collection[str], full_refresh: bool) -> Plan:
    """What a release of a project is made of; `keep`: unique ids of what stays as production has it."""
    nodes = built(manifest)
    names = {uid: served(node) for uid, node in nodes.items()}
    return Plan(
        names=set(names.values()),
        added={names[uid] for uid, node in nodes.items() if adds(node, full_refresh)},
        kept={names[uid] for uid in keep if uid in names},
        governed=_governed(nodes, names),
    )


def _governed(nodes: Mapping[str, Any], names: Mapping[str, Key]) -> dict[Key, set[str]]:
    """The privileges that each relation's `grants` configure."""
    return {
        names[uid]: {str(privilege).upper() for privilege in grants}
        for uid, node in nodes.items()
        if (grants := getattr(node.config, "grants", None))
    }
