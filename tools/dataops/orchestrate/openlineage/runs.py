"""Runs and jobs as OpenLineage knows them: a command is one, each node that dbt builds in it is one below it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any
from uuid import UUID

from openlineage.client.uuid import generate_new_uuid

from dataops.orchestrate.openlineage.facets import PRODUCER, facet, job_facets
from dataops.orchestrate.openlineage.setting import job_namespace


@dataclass(frozen=True)
class Run:
    """A run of a job. `above`: the run that it is part of, `top` the outermost; each as a facet has it."""

    job: str
    kind: str
    id: str = field(default_factory=lambda: str(generate_new_uuid()))
    namespace: str = field(default_factory=lambda: job_namespace(os.environ))
    above: Mapping[str, Any] | None = None
    top: Mapping[str, Any] | None = None

    @classmethod
    def of_command(cls, job: str) -> Run:
        """The run of a command, below the one of an orchestrator where the environment names that."""
        above = _named(os.environ.get("OPENLINEAGE_PARENT_ID"))
        top = _named(os.environ.get("OPENLINEAGE_ROOT_PARENT_ID"))
        return cls(job, "COMMAND", above=above, top=(top or above) if above else None)

    def below(self, job: str, kind: str) -> Run:
        """A run that is part of this one."""
        return Run(job, kind, namespace=self.namespace, above=self._as_parent(), top=self.top or self._as_parent())

    def _as_parent(self) -> dict[str, Any]:
        return {"run": {"runId": self.id}, "job": {"namespace": self.namespace, "name": self.job}}

    def event(
        self,
        state: str,
        at: datetime | None,
        facets: Mapping[str, Any],
        inputs: Iterable[Mapping[str, Any]] = (),
        outputs: Iterable[Mapping[str, Any]] = (),
    ) -> dict[str, Any]:
        """An event of this run. `at`: when it happened, by default now; without a zone it is UTC."""
        parent = {"parent": facet("parent", **self.above, root=self.top)} if self.above else {}
        return {
            "eventType": state,
            "eventTime": moment(at),
            "producer": PRODUCER,
            "run": {"runId": self.id, "facets": {**parent, **facets}},
            "job": {"namespace": self.namespace, "name": self.job, "facets": job_facets(self.kind)},
            "inputs": [dict(each) for each in inputs],
            "outputs": [dict(each) for each in outputs],
        }


def moment(at: datetime | None = None) -> str:
    """A time as events have it."""
    known = at or datetime.now(timezone.utc)
    aware = known if known.tzinfo else known.replace(tzinfo=timezone.utc)
    return f"{aware.astimezone(timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"


def _named(parent: str | None) -> dict[str, Any] | None:
    """A run that a variable names as `namespace/job/run`; None where it names none."""
    parts = (parent or "").rsplit("/", 2)
    try:
        run = str(UUID(parts[-1]))
    except ValueError:
        return None
    if len(parts) < 3:
        return None
    return {"run": {"runId": run}, "job": {"namespace": parts[0], "name": parts[1]}}
