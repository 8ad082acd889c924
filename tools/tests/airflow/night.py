"""One run of a DAG on a project of its own, as tests look at it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.airflow.running import Airflow, related
from tests.shop import Shop


class Night:
    """One run of a DAG on a project, and what it told of assets."""

    def __init__(self, airflow: Airflow, dag: str, project: Shop) -> None:
        self.airflow, self.dag, self.project = airflow, dag, project
        self.live = project.live
        self.run = airflow.trigger(dag, conf={"project": str(project.root)})

    def ended(self) -> dict[str, str]:
        self.airflow.ended(self.dag, self.run)
        return self.airflow.tasks(self.dag, self.run)

    def events(self) -> dict[str, dict[str, Any]]:
        """The run's asset events by the asset's name."""
        found = [each for each in self.airflow.asset_events() if each["run"] == self.run]
        assert len(found) == len({each["name"] for each in found})
        return {each["name"]: each["extra"] for each in found}

    def log(self, task: str = "deploy") -> str:
        return self.airflow.log(self.dag, self.run, task)

    def commands(self) -> list[tuple[int, str]]:
        """The processes that work for it."""
        return related(str(self.project.root), "dataops")

    def building(self, task: str = "deploy") -> int:
        """Wait until dbt builds in a task; the process id of the task's leash."""
        slow = '"name": "slow"'

        def begun() -> bool:
            told = self.project.root.glob("target/dataops/orchestrate/**/*.jsonl")
            return any(slow in each.read_text() for each in told)

        self.airflow.until(begun, 120, lambda: self.log(task))
        [leash] = [number for number, line in self.commands() if "leash.py" in line]
        return leash

    def gone(self, seconds: float = 10) -> None:
        """Nothing of it is left after ten seconds."""
        self.airflow.until(lambda: not self.commands(), seconds, lambda: str(self.commands()))


def parent(process: int) -> int:
    """The process that started another."""
    return int(Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[1])
