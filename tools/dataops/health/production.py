"""What production is: its target, the part of the history that tells how it is now, and the project that is live."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml

from dataops.breaker.holding import holds
from dataops.breaker.ledger import Ledger
from dataops.config import Settings
from dataops.health.health import DAYS, INVOCATIONS, MINE, Known, Status
from dataops.health.newest import health
from dataops.history.names import parsed
from dataops.history.reader import History, reaches_back, reading, recent
from dataops.history.records import VIEWS
from dataops.plan.lineage import Relation
from dataops.project import graph
from dataops.store.drafts import Drafts
from dataops.store.state import State

PLAIN = Path("target")
"""Where dbt's own commands leave what they make."""
_NODES = ("nodes", "sources", "unit_tests")


@dataclass(frozen=True)
class Artifacts:
    """What dbt says of production. `read` gives a file of dbt's, None where there is none.

    `lived`: since when that is production, UTC; None where dbt alone says what the project is.
    """

    read: Callable[[str], bytes | None]
    lived: datetime | None = None

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

    @cached_property
    def known(self) -> Known | None:
        """What production should have; None where it is not known."""
        if self.present is None:
            return None
        sources = self.nodes.get("sources", {}).items()
        unasked = frozenset(key for key, each in sources if "freshness" in each and not _limited(each["freshness"]))
        made = self.nodes["metadata"].get("generated_at")
        at = self.lived or (parsed(made) if made else None)
        return Known(self.present, unasked, at.astimezone(timezone.utc).replace(tzinfo=None) if at else None)

    def lineage(self, root: Path) -> tuple[Relation, ...]:
        """Which node reads which, down to the columns."""
        # A parser of SQL comes with it, which nobody else needs who asks how production is.
        from dataops.plan import origins

        catalog = json.loads(self.read("catalog.json") or b"{}")
        return origins.lineage(self.nodes, catalog, root / origins.CACHE, self.read(origins.FILE))

    def project(self, root: Path) -> str:
        """The project's name; without a manifest, its folder's."""
        return str(self.nodes["metadata"].get("project_name") or root.name)


def artifacts(state: State, root: Path) -> Artifacts:
    """The live release's; without releases, what dbt's own commands left last."""
    bundle = state.bundle()
    if bundle is None:
        return Artifacts(lambda name: _file(root / PLAIN / name))
    return Artifacts(bundle.read, _lived(state))


def _lived(state: State) -> datetime | None:
    """When the live release became that, for the last time."""
    live = state.current()
    return max((parsed(at) for at, release in state.went_live() if release == live), default=None)


def _limited(freshness: Mapping[str, Any] | None) -> bool:
    """Whether a source has a limit for its age."""
    limits = [(freshness or {}).get(name) or {} for name in ("warn_after", "error_after")]
    return any(each.get("count") is not None for each in limits)


@contextmanager
def lately(state: str, root: Path, now: datetime) -> Iterator[History]:
    """The history that health is told from: of DAYS, or of so many INVOCATIONS if those reach further back.

    Raises:
        StateError: the location cannot be read.
    """
    with reading(state, root, recent(state, now, DAYS, INVOCATIONS)) as history:
        _own(history, root)
        yield history


@contextmanager
def ever(state: str, root: Path, now: datetime, lately: History) -> Iterator[History]:
    """The whole history: `lately`, which is open, where that leaves nothing out.

    Raises:
        StateError: the location cannot be read.
    """
    if reaches_back(state, recent(state, now, DAYS, INVOCATIONS)):
        with reading(state, root) as history:
            _own(history, root)
            yield history
    else:
        yield lately


def project_name(root: Path) -> str | None:
    """The project's name as it says itself; None where that cannot be read."""
    try:
        return str(yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))["name"])
    except (OSError, UnicodeDecodeError, yaml.YAMLError, KeyError, TypeError):
        return None


def _own(history: History, root: Path) -> None:
    """Leave other projects out, which may share the history: a table, as every query joins these few rows."""
    history.connection.execute(
        "create temp table invocations as select * from invocations "
        "where $1::varchar is null or project is null or project = $1",
        [project_name(root)],
    )


def alone(history: History, root: Path, named: str | None) -> None:
    """Leave of a history, as far as it is read, production's runs alone. `named`: its target, if it is known."""
    _own(history, root)
    connection, mine = history.connection, target(history, named)
    connection.execute(f"create temp table ours as select * from invocations where {MINE}", [mine])  # noqa: S608
    connection.execute("drop table temp.invocations")
    connection.execute("create temp view invocations as select * from ours")
    for view in VIEWS.keys() - {"invocations"}:
        connection.execute(f"create temp view {view} as from memory.main.{view} semi join ours using (invocation_id)")


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
        mine = target(history, named or settings.production.target)
        found = health(history, mine, standing, known.known, now, settings.production.release_every_hours)
    live = state.current()
    return Status(
        project=known.project(root),
        health=found,
        live=state.release(live) if live else None,
        holds=holds(standing, _graph(known, parse)) if standing.pauses else (),
        waiting=state.waiting(),
        unfinished=Drafts(settings.state).find(),
    )


def _graph(known: Artifacts, parse: Callable[[], Any]) -> graph.Graph:
    return graph.stored(known.nodes) if known.manifest else graph.read(parse())


def _file(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None
