"""Tells OpenLineage of one command, from its project's watchers and from what became of its release.

What a deploy builds is in a candidate until it is published. So the runs of its nodes go on until then: only what went
live is told as a dataset that was written, and what was thrown away ends as aborted.
"""

from __future__ import annotations

import json
import os
import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from dataops.breaker.pauses import BUILT
from dataops.config import Settings
from dataops.environment import git
from dataops.history import observation
from dataops.history.records import Relation as Surveyed
from dataops.orchestrate.openlineage.assertions import Proof, Told, assertions, executions, is_test, of_dataset, of_run
from dataops.orchestrate.openlineage.datasets import Datasets, as_written, job_type, surveyed
from dataops.orchestrate.openlineage.facets import engine, facet
from dataops.orchestrate.openlineage.hiding import hidden, secrets
from dataops.orchestrate.openlineage.naming import Names
from dataops.orchestrate.openlineage.runs import Run
from dataops.plan import origins
from dataops.project import statuses
from dataops.release.contents import Contents

if TYPE_CHECKING:
    from dataops.project.invocation import Parsed
    from dataops.project.outcome import Outcome
    from dataops.project.profiles import Target
    from dataops.project.session import Project
    from dataops.store.record import Release
    from dataops.store.state import Bundle

Emit = Callable[[Mapping[str, Any]], None]

_TOLD = frozenset({"NodeStart", "NodeFinished"})
_RELEASING = ("deploy", "deploy --hold", "retry", "publish")


@dataclass
class _Node:
    """A node's run. `finished_at` and `rows`: once it was built."""

    run: Run
    finished_at: datetime | None = None
    seconds: float | None = None
    rows: int | None = None
    built: bool = False


class Teller:
    """The events of one command; a watcher of its project's runs."""

    def __init__(self, emit: Emit, project: Project, settings: Settings, command: str, target: str) -> None:
        self._emit = emit
        self._project = project
        self._settings = settings
        self._target = target
        self._releasing = command in _RELEASING
        self._run = Run.of_command(f"{project.name}.{target}.{command.split()[0 if self._releasing else -1]}")
        self._engine = engine(version("dbt-core"))
        self._revision = git.revision(project.root)
        self._secrets = secrets(os.environ, settings.production.requires)
        self._facts: dict[str, Any] = {}
        self._guard = threading.Lock()
        self._nodes: dict[str, _Node] = {}
        self._proofs: dict[str, Proof] = {}
        self._manifest: Any = None
        self._names: Names | None = None
        self._executed: dict[str, Told] = {}
        self._asserted: dict[tuple[str, str], list[Told]] = {}
        self._ended = False
        self.surveyed: Callable[[], Mapping[str, Surveyed]] = dict

    @property
    def id(self) -> str:
        """The command's run."""
        return self._run.id

    # -- the command ------------------------------------------------------------------------------------------------

    def start(self) -> None:
        """It begins."""
        self._say(self._run, "START")

    def end(self, good: bool, message: str = "", stopped: bool = False) -> None:
        """It ends: well or not, or because it was `stopped`. Whatever of it goes on is given up."""
        if self._ended:
            return
        self._ended = True
        self._give_up()
        state = "COMPLETE" if good else "ABORT" if stopped else "FAIL"
        error = {} if good or not message else _error(hidden(message, self._secrets))
        inputs = [
            {"namespace": namespace, "name": name, "inputFacets": of_dataset(several)}
            for (namespace, name), several in self._asserted.items()
        ]
        self._say(self._run, state, facets={**of_run(self._executed), **error}, inputs=inputs)

    # -- the runs of dbt, as the project's watcher --------------------------------------------------------------------

    def began(self, command: str, target: Target, parsed: Parsed | None, manifest: Any, words: list[str]) -> None:
        """See `Watcher`. What an earlier build of the same command made, and nobody published, is gone."""
        self._give_up()
        self._manifest, self._proofs = manifest, {}
        if not self._releasing:
            self._names = Names.of(self._project, target)
        self._say(self._run, "RUNNING")

    def happened(self, event: Any) -> None:
        """See `Watcher`."""
        if event.info.name not in _TOLD:
            return
        about = event.data.node_info
        with self._guard:
            if event.info.name == "NodeStart" and self._makes_relation(about):
                self._begin(about.unique_id, observation.when(about.node_started_at))
            elif event.info.name == "NodeFinished":
                ran = event.data.run_result
                self._finish(about, ran, ran.status or about.node_status)

    def ended(self, outcome: Outcome) -> None:
        """See `Watcher`. What was built in place is told with its columns now; what waits for a release is not."""
        with self._guard:
            for each in outcome.results:
                if (is_test(each.kind) or each.kind == "source") and each.unique_id not in self._proofs:
                    self._proofs[each.unique_id] = Proof(each.unique_id, each.status, each.failures)
            self._executed |= executions(self._proofs.values(), self._node)
            if self._releasing or self._names is None:
                return
            asserted = assertions(self._proofs.values(), self._node)
            built = [uid for uid, each in self._nodes.items() if each.built]
            parents = [up for uid in built for up in self._manifest.nodes[uid].depends_on_nodes]
            manifest = as_written(self._manifest, {*built, *parents, *asserted})
            datasets = Datasets(self._names, manifest, surveyed(self.surveyed()), self._project.root)
            for uid in built:
                self._complete(uid, datasets, self._nodes[uid].rows, self._nodes[uid].finished_at)
            self._assert(datasets, asserted)

    # -- releases ---------------------------------------------------------------------------------------------------

    def waiting(self, release: Release) -> None:
        """What was built and tested waits: its nodes' runs are over, and nothing was written that anybody reads."""
        self._facts |= {"release": release.id, "revision": release.revision, "became": "waiting"}
        with self._guard:
            for uid in [uid for uid, each in self._nodes.items() if each.built]:
                self._say(self._nodes.pop(uid).run, "COMPLETE", uid)

    def refused(self) -> None:
        """Nothing of it goes live."""
        self._facts |= {"became": "refused"}

    def published(self, release: Release, bundle: Bundle) -> None:
        """A release is live: what is new in it is told as written, each with what it is made from."""
        held = Contents.read(bundle.read, bundle.source)
        self._facts |= {
            "release": release.id,
            "revision": release.revision,
            "superseded": release.previous,
            "became": "published",
            "held": [{"unique_id": each.unique_id, "why": each.why} for each in held.held],
        }
        manifest = json.loads(bundle.read("manifest.json") or b"{}")
        catalog = json.loads(bundle.read("catalog.json") or b"{}")
        names = Names.of(self._project, self._project.profile.target(self._target))
        datasets = Datasets(names, manifest, catalog, self._project.root, bundle.read(origins.FILE))
        results = json.loads(bundle.read("run_results.json") or b'{"results": []}')["results"]
        order = {each["unique_id"]: number for number, each in enumerate(results)}
        if not self._proofs:
            self._remember(results)

        def node(uid: str) -> Any:
            return datasets.node(uid) or manifest.get("unit_tests", {}).get(uid)

        with self._guard:
            for each in sorted(held.nodes, key=lambda new: order.get(new.unique_id, len(order))):
                if not datasets.has(each.unique_id):
                    continue
                if each.unique_id not in self._nodes:
                    self._begin(each.unique_id, None)
                whole = each.rows if datasets.writes_whole(each.unique_id) else None
                told = self._nodes[each.unique_id].rows
                self._complete(each.unique_id, datasets, told if told is not None else whole, None)
            self._executed |= executions(self._proofs.values(), node)
            old = {each.unique_id for each in held.held}
            asserted = assertions(self._proofs.values(), node)
            self._assert(datasets, {uid: each for uid, each in asserted.items() if uid not in old})

    # -- one node ---------------------------------------------------------------------------------------------------

    def _makes_relation(self, about: Any) -> bool:
        """Whether a node is built. An ephemeral model is a part of those that read it."""
        node = self._manifest.nodes.get(about.unique_id)
        return about.resource_type in BUILT and not getattr(node, "is_ephemeral_model", False)

    def _begin(self, unique_id: str, at: datetime | None) -> None:
        run = self._run.below(f"{self._project.name}.{self._target}.{unique_id}", job_type(unique_id))
        self._nodes[unique_id] = _Node(run)
        self._say(run, "START", unique_id, at=at)

    def _finish(self, about: Any, ran: Any, status: str) -> None:
        uid = about.unique_id
        if is_test(about.resource_type):
            failures = ran.num_failures if status in statuses.COUNTED else None
            self._proofs[uid] = Proof(uid, status, failures)
        if uid not in self._nodes:
            return
        node = self._nodes[uid]
        node.finished_at, node.seconds = observation.when(about.node_finished_at), ran.execution_time
        if status in statuses.GOOD:
            rows = ran.adapter_response.fields.get("rows_affected")
            node.rows = observation.affected(rows.number_value if rows is not None else None)
            node.built = True
            self._say(node.run, "RUNNING", uid, at=node.finished_at)
        elif status in statuses.IDLE:
            self._say(self._nodes.pop(uid).run, "COMPLETE", uid, at=node.finished_at)
        elif status in statuses.SKIPPED:
            self._say(self._nodes.pop(uid).run, "ABORT", uid, at=node.finished_at)
        else:
            error = _error(hidden(ran.message, self._secrets))
            self._say(node.run, "FAIL", uid, at=node.finished_at, facets=error)
            del self._nodes[uid]

    def _complete(self, unique_id: str, datasets: Datasets, rows: int | None, at: datetime | None) -> None:
        run = self._nodes[unique_id].run
        inputs, outputs = datasets.inputs(unique_id), [datasets.output(unique_id, rows)]
        self._say(run, "COMPLETE", unique_id, at=at, inputs=inputs, outputs=outputs)
        del self._nodes[unique_id]

    def _give_up(self) -> None:
        with self._guard:
            for uid in list(self._nodes):
                self._say(self._nodes[uid].run, "ABORT", uid)
                del self._nodes[uid]

    def _assert(self, datasets: Datasets, asserted: Mapping[str, list[Told]]) -> None:
        for uid, several in asserted.items():
            if datasets.has(uid):
                found = datasets.dataset(uid)
                self._asserted.setdefault((found["namespace"], found["name"]), []).extend(several)

    def _node(self, unique_id: str) -> Any:
        for group in (self._manifest.nodes, self._manifest.sources, self._manifest.unit_tests):
            if unique_id in group:
                return group[unique_id]
        return None

    def _remember(self, results: Iterable[Mapping[str, Any]]) -> None:
        """The tests of a release that was built earlier."""
        for each in results:
            uid = each["unique_id"]
            if is_test(uid.split(".", 1)[0]):
                self._proofs[uid] = Proof(uid, each["status"], each.get("failures"))

    # -- events -----------------------------------------------------------------------------------------------------

    def _say(
        self,
        run: Run,
        state: str,
        unique_id: str | None = None,
        at: datetime | None = None,
        facets: Mapping[str, Any] | None = None,
        inputs: Iterable[Mapping[str, Any]] = (),
        outputs: Iterable[Mapping[str, Any]] = (),
    ) -> None:
        told = {"target": self._target, "revision": self._revision, **self._facts, "unique_id": unique_id}
        if unique_id is not None and unique_id in self._nodes:
            told["seconds"] = self._nodes[unique_id].seconds
        if unique_id is not None:
            # Those that are held are the whole release's: the run of the command has them.
            told.pop("held", None)
        own = {"processing_engine": self._engine, "dataops_release": facet("dataops_release", **told)}
        self._emit(run.event(state, at, {**own, **(facets or {})}, inputs, outputs))


def _error(message: str) -> dict[str, Any]:
    return {"errorMessage": facet("errorMessage", message=message or "it failed", programmingLanguage="SQL")}
