"""The breaker during one command: what is paused when it begins, and what its results change."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from dataops.breaker import holding, policy
from dataops.breaker.ledger import Ledger
from dataops.breaker.pauses import BUILT, Hold, Incident, Pause
from dataops.config import Settings
from dataops.environment.machine import owner
from dataops.project import graph, statuses
from dataops.project.graph import name_of
from dataops.project.outcome import NodeResult, Outcome

VARIABLE = "dataops_incidents"
"""dbt's variable by which monitors are told of incidents: `{unique id: [{from, to}]}`."""


@dataclass(frozen=True)
class Judged:
    """What results mean. `blocking`: failures of what is not held."""

    incidents: tuple[Incident, ...]
    blocking: tuple[NodeResult, ...]


class Circuit:
    """The pauses at a project's state, beside its parsed graph. Reading it costs one listing where none ever was."""

    def __init__(self, settings: Settings, manifest: Any, root: Path, releases: bool = True) -> None:
        """Read what is paused. `releases`: whether what is built goes to production; else it need not be known.

        Raises:
            SettingsError: a rule of the policy cannot be meant.
            StateError: something is released, and the records cannot be read, or a newer version wrote one.
        """
        policy.check(settings.breaker.rules)
        self._rules = settings.breaker.rules
        self._ledger = Ledger(settings.state)
        self._manifest = manifest
        self._root = root
        self._standing = self._ledger.read() if releases else self._ledger.read_if_allowed()

    @property
    def paused(self) -> bool:
        """Whether any pause is in force."""
        return bool(self._standing.pauses)

    @property
    def marked(self) -> bool:
        """Whether a pause is in force, or was, and monitors are told of it."""
        return bool(self._standing.pauses or self._standing.incidents)

    @property
    def holds(self) -> tuple[Hold, ...]:
        """The pauses in force, with what they hold."""
        return holding.holds(self._standing, self._graph) if self.paused else ()

    @property
    def held(self) -> frozenset[str]:
        """All that is held."""
        return holding.held(self.holds)

    def holding(self, nodes: Collection[str]) -> tuple[Hold, ...]:
        """The pauses that hold any of some nodes."""
        return tuple(each for each in self.holds if not set(each.holds).isdisjoint(nodes))

    def free(self) -> set[str]:
        """What a build runs: all that is not held, and the tests between that and what is."""
        return holding.free(self._graph, self.held)

    def variables(self) -> dict[str, Any]:
        """What dbt is told of incidents: the windows of each node that was paused, and of what reads it."""
        windows: dict[str, list[dict[str, str]]] = {}
        for each in self._standing.incidents:
            window = {"from": each.start, "to": each.end}
            for uid in holding.downstream(self._graph, each.node):
                if uid.split(".", 1)[0] in (*BUILT, "source") and window not in windows.setdefault(uid, []):
                    windows[uid].append(window)
        return {VARIABLE: windows} if windows else {}

    def renewed(self) -> frozenset[str]:
        """All that is held by now, by other processes too."""
        self._standing = self._ledger.read()
        return self.held

    def judge(self, outcome: Outcome, since: Callable[[], str] = str) -> Judged:
        """Pause what the policy says. `since` tells from when on what fails may hold wrong data; empty: from now on."""
        incidents = self.incidents(outcome)
        force = {(each.node, each.check) for each in self._standing.pauses}
        for incident in incidents:
            for node in incident.nodes if incident.action == "pause" else ():
                if (node, incident.check) not in force:
                    reason = f"{incident.name}: {incident.message}"
                    self._ledger.pause(node, reason, self._owner, since(), incident.check, incident.resume_after)
        if any(each.action == "pause" for each in incidents):
            self._standing = self._ledger.read()
        kept = self.held
        blocking = tuple(each for each in outcome.failed if not kept.intersection(self._concerned(each.unique_id)))
        return Judged(incidents, blocking)

    def incidents(self, outcome: Outcome) -> tuple[Incident, ...]:
        """What the policy says of results. Nothing is recorded."""
        results = [*outcome.failed, *outcome.warned]
        concerned = {each.unique_id: self._concerned(each.unique_id) for each in results}
        about = {uid: self._about(uid) for nodes in concerned.values() for uid in nodes}
        return policy.react(self._rules, outcome, concerned, about)

    def count(self, outcome: Outcome) -> tuple[Pause, ...]:
        """Record whether the checks of paused nodes passed on their newest data. Returns the pauses that end by it."""
        results = {each.unique_id: each for each in outcome.results}
        ended = []
        for pause in self._standing.pauses:
            result = results.get(pause.check)
            if not pause.resume_after or result is None or result.status not in statuses.RAN:
                continue
            passed = result.status in statuses.PASSED
            self._ledger.checked(pause, passed)
            passes = self._standing.passes.get(pause.id, 0) + 1
            if passed and passes >= pause.resume_after:
                self._ledger.resume(pause, f"its check passed {passes} times in a row", self._owner)
                ended.append(pause)
        if ended:
            self._standing = self._ledger.read()
        return tuple(ended)

    def _concerned(self, uid: str) -> Collection[str]:
        """What a result speaks of: a node of itself; a test of the model that it is defined on, or of all it reads."""
        node = self._manifest.nodes.get(uid)
        if node is None:
            return self._graph.parents.get(uid, ())
        if str(node.resource_type) != "test":
            return (uid,)
        attached = getattr(node, "attached_node", None)
        return (attached,) if attached else tuple(node.depends_on_nodes)

    def _about(self, uid: str) -> policy.About:
        node = self._manifest.nodes.get(uid) or self._manifest.sources.get(uid)
        if node is None:
            return policy.About(uid.rsplit(".", 1)[-1], "", ())
        return policy.About(name_of(node), node.original_file_path, tuple(node.tags))

    @cached_property
    def _graph(self) -> graph.Graph:
        return graph.read(self._manifest)

    @cached_property
    def _owner(self) -> str:
        return owner(self._root)
