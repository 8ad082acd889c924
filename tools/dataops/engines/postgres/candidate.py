"""The next release as dbt builds it: the project's nodes are in the schemas beside production's while dbt runs."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from dataops.engines.postgres import aliases
from dataops.engines.postgres.publication import Key
from dataops.engines.postgres.store import Store
from dataops.engines.postgres.upcoming import Plan, Upcoming
from dataops.engines.server import settled
from dataops.project.invocation import OnEvent
from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.store.state import State

_MADE_ANEW = {"table", "view", "seed", "materialized_view", "ephemeral", "test"}
"""What dbt makes anew without looking at what is there. Any other kind might add to it, and gets a copy."""


class Candidate:
    """A release that is being built."""

    def __init__(
        self, project: Project, target: Target, store: Store, manifest: Any, keep: Collection[str], full_refresh: bool
    ) -> None:
        """Make the schemas, and copy what has history.

        Raises:
            WarehouseError: another project is building in these schemas, or there is no room.
        """
        self._project = project
        self._target = target
        self._store = store
        nodes = aliases.built(manifest)
        names = {uid: aliases.served(node) for uid, node in nodes.items()}
        plan = Plan(
            names=set(names.values()),
            added={names[uid] for uid, node in nodes.items() if _adds(node, full_refresh)},
            kept={names[uid] for uid in keep if uid in names},
            governed=_governed(nodes, names),
        )
        self._upcoming = Upcoming(store, plan)
        self._stay = {uid for uid, key in names.items() if key in self._upcoming.stays}

    @property
    def begins(self) -> bool:
        """Whether there is no production yet."""
        return self._upcoming.begins

    def run(self, manifest: Any, folder: Path, arguments: Sequence[str], on_event: OnEvent | None) -> Outcome:
        """Build and test beside production."""
        with aliases.beside(manifest, self._upcoming.places, self._stay):
            words = ["--target-path", str(folder), *arguments]
            outcome = self._project.run("build", self._target, manifest, words, on_event)
        aliases.restore_artifacts(self._project.root / folder, self._upcoming.places)
        return outcome

    def document(self, manifest: Any, folder: Path) -> None:
        """Write dbt's catalog of the candidate."""
        with aliases.beside(manifest, self._upcoming.places, self._stay):
            self._project.document(self._target, manifest, folder)
        aliases.restore_artifacts(self._project.root / folder, self._upcoming.places)

    def publish(self, state: State, release: str, superseded: str | None) -> None:
        """Move the candidate's relations into production's schemas, and the state's pointer after them."""
        state.announce(release)
        self._upcoming.publish(release, superseded)
        settled(state, release)
        self._store.tidy()

    def changed(self) -> list[str]:
        """What of the project's relations somebody wrote to since."""
        return self._upcoming.changed()


def _adds(node: Any, full_refresh: bool) -> bool:
    """Whether dbt adds to what is there."""
    if str(node.resource_type) == "snapshot":
        return True
    if str(node.config.materialized) in _MADE_ANEW:
        return False
    own = getattr(node.config, "full_refresh", None)
    return not (full_refresh if own is None else own)


def _governed(nodes: Mapping[str, Any], names: Mapping[str, Key]) -> dict[Key, set[str]]:
    """The privileges that each relation's `grants` configure."""
    return {
        names[uid]: {str(privilege).upper() for privilege in grants}
        for uid, node in nodes.items()
        if (grants := getattr(node.config, "grants", None))
    }
