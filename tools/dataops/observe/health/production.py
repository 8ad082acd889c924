"""What production is: its target, the part of the history that tells how it is now, and the project that is live."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from dataops.config import Settings
from dataops.observe.breaker.holding import holds
from dataops.observe.breaker.ledger import Ledger
from dataops.observe.health.facts import DAYS, INVOCATIONS, Status
from dataops.observe.health.newest import health
from dataops.observe.history.reader import History, reaches_back, reading, recent
from dataops.project import graph
from dataops.state import State

PLAIN = Path("target")
"""Where dbt's own commands leave what they make."""
_NODES = ("nodes", "sources", "unit_tests")


@dataclass(frozen=True)
class Artifacts:
    """What dbt says of production. `read` gives a file of dbt's, None where there is none."""

    read: Callable[[str], bytes | None]

    @cached_property
    def manifest(self) -> bytes | None:
        """The manifest as it is stored."""
        return self.read("manifest.json")

    @cached_property
    def nodes(self) -> Mapping[str, Any]:
        """The manifest as it reads; of nothing, an empty one."""
        empty = {"nodes": {}, "sources": {}, "exposures": {}, "unit_tests": {}, "metadata": {"adapter_type": "duckdb"}}
        return json.loads(self.manifest) if self.manifest else empty

    @property
    def present(self) -> frozenset[str] | None:
        """All that can fail or be late; None where it is not known."""
        return frozenset(key for group in _NODES for key in self.nodes.get(group, {})) if self.manifest else None

    def project(self, root: Path) -> str:
        """The project's name; without a manifest, its folder's."""
        return str(self.nodes["metadata"].get("project_name") or root.name)


def artifacts(state: State, root: Path) -> Artifacts:
    """The live release's; without releases, what dbt's own commands left last."""
    bundle = state.bundle()
    return Artifacts(bundle.read if bundle is not None else lambda name: _file(root / PLAIN / name))


@contextmanager
def lately(state: str, root: Path, now: datetime) -> Iterator[History]:
    """The history that health is told from: of DAYS, or of so many INVOCATIONS if those reach further back.

    Raises:
        StateError: the location cannot be read.
    """
    with reading(state, root, recent(state, now, DAYS, INVOCATIONS)) as history:
        # Every query joins them, and they are few rows in many files.
        history.connection.execute("create temp table invocations as select * from invocations")
        yield history


@contextmanager
def ever(state: str, root: Path, now: datetime, lately: History) -> Iterator[History]:
    """The whole history: `lately`, which is open, where that leaves nothing out.

    Raises:
        StateError: the location cannot be read.
    """
    if reaches_back(state, recent(state, now, DAYS, INVOCATIONS)):
        with reading(state, root) as history:
            yield history
    else:
        yield lately


def target(history: History, named: str | None) -> str:
    """Production's target: as named, `prod` if something ran there, else where the newest deploy or build ran."""
    if named:
        return named
    found = history.connection.execute(
        """
        select target
        from invocations
        where target is not null and command <> 'ci'
        order by target = 'prod' desc, command = 'deploy' desc, started_at desc
        limit 1
        """
    ).fetchone()
    return str(found[0]) if found else "production"


def status(root: Path, settings: Settings, named: str | None, now: datetime, parse: Callable[[], Any]) -> Status:
    """How production stands. `parse` gives the project where a pause is in force and no manifest is at hand.

    Raises:
        DataopsError: the state or the history cannot be read.
    """
    state = State(settings.state)
    standing = Ledger(settings.state).read()
    known = artifacts(state, root)
    with lately(settings.state, root, now) as history:
        found = health(history, target(history, named or settings.production.target), standing, known.present)
    live = state.current()
    return Status(
        project=known.project(root),
        health=found,
        live=state.release(live) if live else None,
        holds=holds(standing, _graph(known, parse)) if standing.pauses else (),
    )


def _graph(known: Artifacts, parse: Callable[[], Any]) -> graph.Graph:
    return graph.stored(known.nodes) if known.manifest else graph.read(parse())


def _file(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
