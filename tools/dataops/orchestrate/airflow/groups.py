"""A task group of a project: one task builds, one watches each part and ends as that part ends, the last publishes."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from airflow import __version__
from airflow.sdk import TaskGroup
from airflow.sdk.exceptions import AirflowException, AirflowFailException
from airflow.triggers.base import StartTriggerArgs

from dataops.orchestrate.airflow.following import PartTrigger, part_of, verdict
from dataops.orchestrate.airflow.operators import (
    INDEX,
    DataopsDeployOperator,
    DataopsOperator,
    DataopsPublishOperator,
    OnHeld,
)
from dataops.orchestrate.course import Course
from dataops.orchestrate.journal import Journal
from dataops.orchestrate.parts import By, Part, parts
from dataops.orchestrate.told import Told, place, read_index

_STARTS_IN_TRIGGERER = tuple(map(int, __version__.split(".")[:2])) >= (3, 3)
"""Whether Airflow renders templates for a task that starts in the triggerer."""


class DataopsGroupBuild(DataopsDeployOperator):
    """`dataops deploy --hold`, told in the journal that the other tasks of its group follow.

    It is not tried again when something failed in the release: the group that failed is, and builds no more than that.
    """

    def __init__(self, *, group: str, **kwargs: Any) -> None:
        super().__init__(hold=True, **kwargs)
        self.group = group

    def events(self, context: Any) -> Path:
        """See `DataopsOperator`: one file for all commands of a run of the group."""
        ti = context["ti"]
        return place(self.project_dir, ti.dag_id, ti.run_id, self.group)

    def carry_out(self, context: Any) -> dict[str, Any]:
        """See `DataopsOperator`."""
        with Journal(self.events(context)).building("deploy --hold", wait=True):
            return super().carry_out(context)

    def judge(self, code: int, told: Told) -> dict[str, Any]:
        """See `DataopsOperator`."""
        try:
            return super().judge(code, told)
        except AirflowException as error:
            if told.release is None or told.release["event"] != "release.refused":
                raise
            raise AirflowFailException(str(error)) from error


class _Following(DataopsOperator):
    """A task that waits in the triggerer for what becomes of a part, or of the release, and starts there if it can."""

    def __init__(self, *, follows: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.follows = follows
        self.start_trigger_args = StartTriggerArgs(
            trigger_cls=f"{PartTrigger.__module__}.PartTrigger",
            next_method="resumed",
            trigger_kwargs={"project_dir": self.project_dir, "index": self.index or INDEX, **follows},
        )
        self.start_from_trigger = _STARTS_IN_TRIGGERER

    def execute(self, context: Any) -> Any:
        """See `DataopsOperator`. It comes here where tasks cannot start in the triggerer."""
        self.sleep()

    def sleep(self) -> None:
        """Wait in the triggerer."""
        trigger = PartTrigger(self.project_dir, self.index or INDEX, rest=True, **self.follows)
        self.defer(trigger=trigger, method_name="resumed")

    def resumed(self, context: Any, event: dict[str, Any]) -> Any:
        """The trigger knows what became of it.

        Raises:
            AirflowException: it did not end well.
        """
        if event["state"] != "good":
            raise AirflowException(event["why"])


class DataopsWatcher(_Following):
    """Watches a part of a build. Cleared after the build's end, it builds again what failed, and what reads that."""

    def resumed(self, context: Any, event: dict[str, Any]) -> None:
        """See `_Following`."""
        if event["state"] == "good" or not event["again"] or not self.follows["part"]:
            super().resumed(context, event)
            return
        ti, seen = context["ti"], event["orders"]
        journal = Journal(place(self.project_dir, ti.dag_id, ti.run_id, self.follows["group"]))
        release = journal.read().unfinished
        if journal.course.orders == seen and release is None:
            why = "nothing is kept of it that could be built again"
            raise AirflowFailException(
                f"{event['why']}; {why}: clear {self.follows['builder']}, which builds all of it"
            )
        part = part_of(self.project_dir, self.index or INDEX, self.follows["by"], self.follows["part"])
        with journal.building("retry", wait=False, still=lambda course: course.orders == seen) as mine:
            if mine:
                self.run_command(["retry", str(release)], journal.file)
        if not mine:
            self.log.info("another task of the group builds again what failed")
            self.sleep()
        self._told(journal.read(), part)

    def _told(self, course: Course, part: Part) -> None:
        found = verdict(course, part, over=True, patient=False)
        if found.state == "failed" or (found.state == "held" and self.follows["on_held"] == "fail"):
            raise AirflowException(found.why)


class DataopsGroupPublish(_Following, DataopsPublishOperator):
    """`dataops publish` of the release that was built, once it waits, and of no other."""

    release: str = ""

    def words(self) -> list[str]:
        """See `DataopsOperator`."""
        return [self.release]

    def resumed(self, context: Any, event: dict[str, Any]) -> dict[str, Any]:
        """See `_Following`."""
        super().resumed(context, event)
        self.release = event["why"]
        return self.carry_out(context)


def dataops_task_group(
    index: str = INDEX,
    by: By = "folder",
    *,
    project_dir: str,
    group_id: str = "dataops",
    publish: bool = True,
    on_held: OnHeld = "succeed",
    full_refresh: bool = False,
    **given: Any,
) -> TaskGroup:
    """A task group that builds a project, shows how each part of it fares, and publishes the release.

    `index`: what `dataops orchestrate index` wrote; it is read when the DAG's file is, so its path can be no template.
    `by`: what the parts are. `publish`: False leaves the release waiting. `given`: arguments of all tasks, those of
    `DataopsOperator` and Airflow's own.

    Raises:
        ValueError: the index cannot be read, or has no such parts.
    """
    found = parts(read_index(Path(project_dir, index)), by)
    common = {"project_dir": project_dir, "index": index, **given}
    with TaskGroup(group_id) as group:
        build = DataopsGroupBuild(
            task_id="build", group=group.group_id, on_held=on_held, full_refresh=full_refresh, **common
        )
        follows = {
            "group": group.group_id,
            "by": by,
            "builder": build.task_id,
            "retries": build.retries > 0,
            "on_held": on_held,
        }
        watchers = {}
        for part, task_id in zip(found, _task_ids(found), strict=True):
            watchers[part.name] = DataopsWatcher(
                task_id=task_id,
                task_display_name=part.label,
                follows={**follows, "part": part.name},
                # Parts that read no other begin when the build does, whose end they need not wait for.
                trigger_rule="all_success" if part.after else "always",
                **common,
            )
        for part in found:
            watchers[part.name].set_upstream([watchers[name] for name in part.after] or build)
        read = {name for part in found for name in part.after}
        leaves = [watchers[part.name] for part in found if part.name not in read]
        last: DataopsOperator
        if publish:
            last = DataopsGroupPublish(
                task_id="publish", follows={**follows, "part": "", "ends_task": False}, on_held=on_held, **common
            )
        else:
            last = DataopsWatcher(task_id="waits", follows={**follows, "part": ""}, **common)
        last.set_upstream(leaves)
    return group


def _task_ids(found: Iterable[Part]) -> Iterable[str]:
    """Ids that Airflow takes, one for each part and each once."""
    taken = {"build", "publish", "waits"}
    for part in found:
        stem = re.sub(r"[^\w.-]+", "_", part.label.replace("/", "."), flags=re.ASCII)[:150] or "part"
        task_id, number = stem, 1
        while task_id in taken:
            number += 1
            task_id = f"{stem}_{number}"
        taken.add(task_id)
        yield task_id
