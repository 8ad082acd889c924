"""One command of a task: its lines in the log, what it told, and an end to all of it whatever ends the task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from prefect import get_run_logger
from prefect.context import FlowRunContext, TaskRunContext

from dataops.orchestrate.child import Child, Order, found, variables
from dataops.orchestrate.prefect.project import DataopsError, HeldError, Project
from dataops.orchestrate.prefect.reporting import draw, emit
from dataops.orchestrate.told import Told, place

OnHeld = Literal["succeed", "fail"]
Result = dict[str, Any]

_STOPPED = 130


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    told: Told

    def verdict(self) -> Result:
        """What it said, if it ended well.

        Raises:
            DataopsError: it did not.
        """
        finished = self.told.finished
        if finished is None:
            raise DataopsError(f"dataops ended with {self.code} and did not say what came of it")
        said = str(finished["verdict"])
        if self.code != finished["exit_code"]:
            raise DataopsError(f"dataops ended with {self.code}, after: {said}")
        if self.code:
            raise DataopsError(said)
        return {"verdict": said}

    def release(self, expected: str, on_held: OnHeld) -> Result:
        """What it released, if it did: nothing is a success of which no release came.

        Raises:
            DataopsError: it did not, or some of it is held and that counts as a failure.
        """
        release, finished = self.told.release, self.told.finished
        if release is None or finished is None or release["event"] != expected or self.code not in (0, 1):
            self.verdict()
            raise DataopsError("dataops made no release")
        held = [each["unique_id"] for each in release["held"]]
        if finished["exit_code"] != self.code or (self.code and not held):
            raise DataopsError(f"dataops ended with {self.code}, after: {finished['verdict']}")
        if held and on_held == "fail":
            raise HeldError(f"{finished['verdict']}, without {len(held)} nodes that are held: {', '.join(held[:5])}")
        return {
            "verdict": finished["verdict"],
            "release": release["release"],
            "revision": release["revision"],
            "nodes": len(release["nodes"]),
            "held": held,
        }


@contextmanager
def ran(project: Project, command: list[str]) -> Iterator[Ran]:
    """Run a command to its end, its lines in the run's log; whatever ends the task ends all that it started."""
    logger = get_run_logger()
    file = _file(project, command[0])
    file.parent.mkdir(parents=True, exist_ok=True)
    words = [found(project.environment), *command, *project.options(), "--events", str(file)]
    lock = str(Path(project.project_dir, ".dataops", "orchestrate.lock")) if project.lock else ""
    logger.info("%s", " ".join(["dataops", *command]))
    try:
        child = Child(Order(words, project.project_dir, variables(project.env), lock, project.grace_seconds))
        try:
            for line in child.lines():
                logger.info("%s", line)
            code = child.wait()
        finally:
            child.stop()
        if code == _STOPPED:
            raise DataopsError("dataops was stopped")
        yield Ran(code, Told.read(file))
    finally:
        # What was published before it was stopped is live all the same.
        told = Told.read(file)
        try:
            emit(told)
            draw(command[0], told)
        except Exception as error:  # noqa: BLE001 - what is live is live, whether or not the server takes it in
            logger.warning("not all was told to Prefect: %s", error)


def _file(project: Project, command: str) -> Path:
    """The file of events of this try of this task."""
    run, tried = FlowRunContext.get(), TaskRunContext.get()
    flow_run = str(run.flow_run.id) if run is not None and run.flow_run is not None else "none"
    name = f"{command}-{tried.task_run.id}-{tried.task_run.run_count}" if tried is not None else command
    return place(project.project_dir, "prefect", flow_run, name)
