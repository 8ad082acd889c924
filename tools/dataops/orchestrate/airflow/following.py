"""A trigger that follows the journal of a build, and ends as the part of the project ends that it watches."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from functools import lru_cache
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from airflow.triggers.base import BaseTrigger, TaskSuccessEvent, TriggerEvent
from asgiref.sync import sync_to_async

from dataops.orchestrate.course import Course, Verdict
from dataops.orchestrate.journal import Journal
from dataops.orchestrate.parts import By, Part, parts
from dataops.orchestrate.told import place, read_index

SECONDS = 1.5
"""Between two looks at the journal."""

_ASKED = 3.0
"""Seconds for which Airflow's word on the task that builds holds good."""

_GRACE = 10.0
"""Seconds after which a build is over that stopped without a word, whatever Airflow says of its task."""

_OVER = ("success", "failed", "skipped", "upstream_failed", "removed")

_states: WeakKeyDictionary[Journal, tuple[float, str | None]] = WeakKeyDictionary()


def part_of(project_dir: str, index: str, by: By, name: str) -> Part:
    """A part by its name, of the index as it is now.

    Raises:
        ValueError: the index cannot be read, or has no such part.
    """
    file = Path(project_dir, index)
    changed = file.stat().st_mtime_ns if file.exists() else 0
    found = _all_parts(file, changed, by).get(name)
    if found is None:
        raise ValueError(f"{file} has no {by} {name!r} any more: Airflow has not read the DAG's file since")
    return found


@lru_cache(maxsize=8)
def _all_parts(file: Path, changed: int, by: By) -> dict[str, Part]:
    return {each.name: each for each in parts(read_index(file), by)}


def verdict(course: Course, part: Part | None, over: bool, patient: bool) -> Verdict:
    """What became of a part; without one, of the release."""
    if part is None:
        return course.whole() if over else Verdict("open")
    return course.of(part, over, patient)


class PartTrigger(BaseTrigger):
    """Follows a journal until what became of a part is known; without a `part`, of the release.

    `builder`: the task that builds; `retries`: whether Airflow tries that again; `on_held`: `fail` waits for what may
    yet be held. A part that is good ends its task here, and takes no worker. `rest`: look again only after a while.
    """

    def __init__(
        self,
        project_dir: str,
        index: str,
        group: str,
        by: By,
        part: str,
        builder: str,
        retries: bool,
        on_held: str,
        rest: bool = False,
        ends_task: bool = True,
    ) -> None:
        super().__init__()
        self.project_dir = project_dir
        self.index = index
        self.group = group
        self.by = by
        self.part = part
        self.builder = builder
        self.retries = retries
        self.on_held = on_held
        self.rest = rest
        self.ends_task = ends_task

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """See `BaseTrigger`."""
        names = ("project_dir", "index", "group", "by", "part", "builder", "retries", "on_held", "rest", "ends_task")
        return f"{__name__}.PartTrigger", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """See `BaseTrigger`."""
        if self.rest:
            # Airflow 3.3 fails a task that is woken before it knows that the process has ended which put it to sleep.
            await asyncio.sleep(2 * SECONDS)
        try:
            event = await self._followed()
        except (OSError, ValueError) as error:
            event = {"state": "failed", "why": str(error), "orders": 0, "again": False}
        if self.ends_task and event["state"] == "good":
            self.log.info("%s", event["why"] or "all of it was built, and its tests passed")
            yield TaskSuccessEvent()
        else:
            yield TriggerEvent(event)

    async def _followed(self) -> dict[str, Any]:
        """Wait for the verdict. `again`: it is of a build that had ended before this try of the task began."""
        ti = self.task_instance
        journal = Journal.shared(place(self.project_dir, ti.dag_id, ti.run_id, self.group))
        part = await asyncio.to_thread(part_of, self.project_dir, self.index, self.by, self.part) if self.part else None
        patient = self.on_held == "fail"
        # A later try has been told of what failed before it: it waits for the build's end, and then for another.
        course = journal.read()
        known = course.orders if ti.try_number > 1 and verdict(course, part, False, patient).state == "failed" else 0
        fresh, stopped = ti.try_number == 1, 0.0
        while True:
            course = journal.read()
            over = False
            if journal.is_building():
                fresh = fresh or course.orders > known
                stopped = 0.0
            elif fresh and course.is_judged:
                # Airflow need not be asked, which for the first time costs its triggerer seconds.
                over = True
            else:
                over, stopped = await self._is_over(journal, stopped)
            found = verdict(course, part, over, patient)
            if over or (journal.is_building() and found.state in ("good", "failed") and course.orders > known):
                state = "good" if found.state == "held" and not patient else found.state
                return {"state": state, "why": found.why, "orders": course.orders, "again": not fresh}
            await asyncio.sleep(SECONDS)

    async def _is_over(self, journal: Journal, stopped: float) -> tuple[bool, float]:
        """Whether nobody builds, nor is about to; and since when a build has stopped without a word."""
        # It is there in the triggerer, and a long way from whoever reads a DAG's file.
        from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

        ti = self.task_instance
        asked, state = _states.get(journal, (0.0, None))
        # That it is over may have been said before somebody cleared it.
        if state in _OVER or time.monotonic() - asked > _ASKED:
            found = await sync_to_async(RuntimeTaskInstance.get_task_states)(
                dag_id=ti.dag_id, task_ids=[self.builder], run_ids=[ti.run_id]
            )
            state = found.get(ti.run_id, {}).get(self.builder)
            _states[journal] = time.monotonic(), state
        orders = journal.course.orders
        course = journal.read()
        if course.orders > orders or journal.is_building():
            return False, 0.0
        if state in _OVER:
            return True, 0.0
        if state != "running" or not course.orders or course.finished is not None or self.retries:
            return False, 0.0
        stopped = stopped or time.monotonic()
        return time.monotonic() - stopped > _GRACE, stopped
