"""Production on a database server, whatever its releases are: one connection reads all of it by full names."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dataops.engines.values import Note, Stand
from dataops.errors import StateError
from dataops.project.invocation import Parsed
from dataops.project.production import standing_in
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.project.slices import Place, places
from dataops.project.targets import Targets
from dataops.store.state import State
from dataops.warehouse import Warehouse, connect

Copies = Mapping[str, tuple[Place, Place]]
"""By unique id: a relation of production's, and where its rows are wanted."""


def take_over(warehouse: Warehouse, wanted: Copies) -> tuple[str, ...]:
    """Copy those of production's relations that exist into the places that are given; their unique ids."""
    existing = warehouse.existing({uid: live for uid, (live, _) in wanted.items()})
    for uid, live in existing.items():
        warehouse.drop(wanted[uid][1])
        warehouse.copy(live, wanted[uid][1])
    return tuple(sorted(existing))


def point(state: State, release: str) -> None:
    """Move the state's pointer to what production is.

    Raises:
        StateError: it cannot be written; the release is live all the same.
    """
    try:
        state.point(release)
    except StateError as error:
        raise StateError(
            f"production is release {release} now, and its state is not: {error.message}",
            f"{error.remedy}; the next `dataops` command moves the state",
        ) from error


def settled(state: State, release: str) -> None:
    """As `point`, after which nobody has to ask the server."""
    point(state, release)
    with suppress(StateError):
        state.announce(None)


def agree(state: State, live: str, production: str) -> None:
    """Let the state point to the release that the server says is live: the server's word counts.

    Raises:
        StateError: the state does not know that release, or cannot be written.
    """
    try:
        told = state.current()
    except StateError:
        told = None
    if told == live:
        return
    if state.release(live) is not None:
        point(state, live)
    elif told is not None:
        raise StateError(
            f"{production} is release {live}, which {state.location} does not know: it was made with another state",
            "set `state` in dataops.yml to the one that all deploys share",
        )


@dataclass(frozen=True)
class OwnSchemas:
    """A change is built in the schemas of the pull requests' target."""

    project: Project
    targets: Targets

    def target(self) -> Target:
        """The pull requests' target: production's relations are read by their full names."""
        return self.targets.parsing

    def building(self, head: Parsed, chosen: Collection[str]) -> Target:
        """The same: hooks write where that target's credentials let them."""
        return self.target()

    def stand_ins(self, head: Parsed, live: Mapping[str, Place], chosen: Collection[str]) -> dict[str, Place]:
        """Production's relations, by the names that production has for them."""
        return standing_in(live, chosen)

    def take_over(self, target: Target, head: Parsed, wanted: Copies) -> tuple[str, ...]:
        """Copy with the warehouse's own SQL."""
        with connect(self.project, target, head.manifest) as warehouse:
            return take_over(warehouse, wanted)

    def apart(self, folder: str) -> AbstractContextManager[None]:
        """A warehouse writes no files here."""
        return nullcontext()

    def left(self) -> bool:
        """Only the warehouse could tell."""
        return True

    def discard(self) -> None:
        """Each relation is replaced when it is built again."""

    def clean(self, head: Parsed | None) -> int:
        """Drop every relation that the project can make here, but none that production can have.

        Not only those of the last plan. The schema may be the same under both targets.
        """
        manifest = (head or self.project.parse(self.targets.parsing)).manifest
        served = places(self.project.parse(self.targets.production).manifest, with_failures=True)
        live = {str(place).lower() for place in served.values()}
        made = {uid: place for uid, place in places(manifest, with_failures=True).items() if place.kind != "source"}
        here = {uid: place for uid, place in made.items() if str(place).lower() not in live}
        with connect(self.project, self.targets.parsing, manifest) as warehouse:
            existing = warehouse.existing(here)
            for place in existing.values():
                warehouse.drop(place)
        return len(existing)


class Server:
    """The part of an engine that is the same on every server. Engines of servers inherit it."""

    def __init__(self, project: Project, targets: Targets) -> None:
        self.project = project
        self.targets = targets

    @property
    def workspace(self) -> OwnSchemas:
        """The schemas of the pull requests' target."""
        return OwnSchemas(self.project, self.targets)

    def exists(self) -> bool:
        """Only the server could tell."""
        return True

    def reading(self) -> Target:
        """Production's own target: to connect changes nothing."""
        return self.targets.production

    def with_production(self, name: str) -> Target:
        """Any target: production's relations are read by their full names."""
        return self.project.profile.target(name)

    def stand_ins(
        self, head: Parsed, live: Mapping[str, Place], chosen: Collection[str], database: str
    ) -> dict[str, Place]:
        """Production's relations, by the names that production has for them."""
        return standing_in(live, chosen)

    def notes(self, manifest: Any) -> Iterator[Note]:
        """Nothing besides production's own relations."""
        return iter(())

    def remarks(self) -> tuple[str, ...]:
        """Nothing: what is published, is published at once."""
        return ()

    def stand(self, folder: Path, name: str) -> Stand:
        """A schema of the same database."""
        return Stand({"schema": name})

    def vacate(self) -> None:
        """Nothing is elsewhere."""
