"""Thirty days of the four applications, judged by their monitors: what was planted is found, and nothing else.

    python -m bench.thirty_days [--markdown table.md]      (in the folder tools/)

Each day, what has arrived by then (tools/seeds/thirty_days.py) is built upon the day before, and the monitors judge
it at six in the next morning. Then they are judged again on what stands at the end: every fifth day by itself, and all
thirty at once. Exits 1 if a monitor fires where nothing is planted, or does not where something is, or if the ways to
judge differ. Takes some three minutes.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import duckdb

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "tools" / "seeds"))

import thirty_days as feed  # noqa: E402

DAYS = range(1, feed.SIMULATED + 1)
Alarm = tuple[str, int]
"""A monitor and the day whose data it fires on."""

PLANTED: frozenset[Alarm] = frozenset((name, each.day) for each in feed.INCIDENTS for name in each.monitors)


class Month:
    """The monitored models of this project, over the feed, in a warehouse of their own."""

    def __init__(self, manifest: Any, folder: Path) -> None:
        """`manifest` is the project's, parsed for its target prod; it is cut down."""
        self.folder, self.manifest = folder, manifest
        nodes = manifest.nodes
        self.monitors = {
            node.name: node
            for node in nodes.values()
            if getattr(getattr(node, "test_metadata", None), "namespace", None) == "dataops_toolkit"
        }
        self.models: list[str] = []
        pending = [name for node in self.monitors.values() for name in node.depends_on.nodes]
        while pending:
            name = pending.pop()
            if name not in self.models and nodes[name].resource_type == "model":
                self.models.append(name)
                pending += nodes[name].depends_on.nodes
        kept = {*self.models, *(node.unique_id for node in self.monitors.values())}
        manifest.nodes = {name: nodes[name] for name in kept}
        # The seeds: here the vars put files into their place.
        for node in manifest.nodes.values():
            node.depends_on.nodes = [name for name in node.depends_on.nodes if name in kept]
        for others in (manifest.unit_tests, manifest.exposures):
            others.clear()

    def dbt(self, command: str, names: Any, until: date, as_of: date | None = None) -> None:
        """Build models from the files of a day, or let monitors judge at six in the morning after a day."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        files = {f"{source}_path": str(self.folder / str(until) / source) for source in feed.SOURCES}
        moment = f"{(as_of or until) + timedelta(days=1)}T06:00:00"
        settings = {**files, "dataops_as_of": moment, "events_as_of": moment}
        words = [command, "--select", *names, "--vars", json.dumps(settings), "--indirect-selection", "empty"]
        os.environ["DATAOPS_WAREHOUSE"] = str(self.folder)
        ran = dbtRunner(manifest=self.manifest).invoke([*words, "--no-write-json", *options(self.folder)])
        DuckDBConnectionManager.close_all_connections()
        wrong = [each for each in getattr(ran.result, "results", []) if each.status in ("error", "skipped")]
        if ran.exception is not None or wrong:
            raise ran.exception or RuntimeError(wrong[0].message)

    def build(self, until: date) -> None:
        """Build what has arrived by the end of a day upon what was there."""
        feed.write(self.folder / str(until), until)
        self.dbt("run", (name.split(".")[2] for name in self.models), until)

    def judge(self, until: date, as_of: date | None = None) -> dict[str, list[tuple[Any, ...]]]:
        """The monitors' series, as they stored them."""
        self.dbt("test", self.monitors, until, as_of)
        with duckdb.connect(str(self.folder / "prod.duckdb"), read_only=True) as warehouse:
            return {
                name: warehouse.execute(f"from {node.relation_name} order by all").fetchall()
                for name, node in self.monitors.items()
            }

    def judge_at_once(self) -> dict[str, list[tuple[Any, ...]]]:
        """The series of all thirty days, of which a point knows those before it only."""
        before = {name: node.test_metadata.kwargs["detection_period"] for name, node in self.monitors.items()}
        for node in self.monitors.values():
            node.test_metadata.kwargs["detection_period"] = {"period": "day", "count": len(DAYS)}
        series = self.judge(feed.LAST_DAY)
        for name, node in self.monitors.items():
            node.test_metadata.kwargs["detection_period"] = before[name]
        return series


BUCKET, IS_ANOMALY, IS_DETECTED = 2, 9, 10
"""Places in a stored row."""


def alarms(series: dict[str, list[tuple[Any, ...]]]) -> set[Alarm]:
    """Which monitors fired, on which days."""
    first = feed.day(1) - timedelta(days=1)
    return {
        (name, (row[BUCKET].date() - first).days) for name, rows in series.items() for row in rows if row[IS_ANOMALY]
    }


def count(series: dict[str, list[tuple[Any, ...]]], place: int) -> int:
    """How many points of all series are anomalies, or were judged at all."""
    return sum(row[place] for rows in series.values() for row in rows)


def alike(rows: list[tuple[Any, ...]], others: list[tuple[Any, ...]]) -> bool:
    """Equal but for the last digits of floats: an average depends on the order in which rows are added up."""
    return len(rows) == len(others) and all(
        math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9) if isinstance(one, float) else one == other
        for row, more in zip(rows, others, strict=True)
        for one, other in zip(row, more, strict=True)
    )


def parsed(folder: Path) -> Any:
    """The project's manifest."""
    from dbt.cli.main import dbtRunner

    os.environ["DATAOPS_WAREHOUSE"] = str(folder)
    return dbtRunner().invoke(["parse", *options(folder)]).result


def options(folder: Path) -> list[str]:
    """Dbt's options: this project, with everything that a run leaves in a folder of its own."""
    words = ["--project-dir", str(ROOT), "--profiles-dir", str(ROOT / "profiles"), "--target", "prod"]
    return [*words, "--target-path", str(folder / "target"), "--log-level", "none", "--log-level-file", "none"]


def replay(month: Month) -> tuple[set[Alarm], list[str]]:
    """The alarms of thirty real days, and on which of every fifth the judgement of the end differs in any figure."""
    found: dict[int, dict[str, list[tuple[Any, ...]]]] = {}
    month.build(feed.day(0))
    for number in DAYS:
        started = time.monotonic()
        month.build(feed.day(number))
        found[number] = month.judge(feed.day(number))
        print(number, sorted(alarms(found[number])), f"{time.monotonic() - started:.1f} s", file=sys.stderr, flush=True)
    unlike = []
    for number in DAYS[4::5]:
        again = month.judge(feed.LAST_DAY, feed.day(number))
        unlike += [f"day {number}: {name}" for name in again if not alike(again[name], found[number][name])]
    return set().union(*map(alarms, found.values())), unlike


def table() -> str:
    """What is planted, as Markdown."""
    lines = ["| day | data | what goes wrong | found by |", "| --- | --- | --- | --- |"]
    for each in sorted((each for each in feed.INCIDENTS if each.monitors), key=lambda each: each.day):
        names = ", ".join(f"`{name}`" for name in each.monitors)
        lines.append(f"| {each.day} | {each.table} | {each.what} | {names} |")
    return "\n".join(lines)


def main() -> int:
    """Replay, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="thirty-days-") as name:
        folder = Path(name).resolve()
        month = Month(parsed(folder), folder)
        daily, unlike = replay(month)
        at_once = month.judge_at_once()
    print(table())
    judged, fired = count(at_once, IS_DETECTED), count(at_once, IS_ANOMALY)
    print(
        f"\n{judged} points judged, {fired} anomalies: {len(daily & PLANTED)} of {len(PLANTED)} planted alarms, "
        f"{len(daily - PLANTED)} others"
    )
    wrong = [f"not found: {each}" for each in sorted(PLANTED - daily)]
    wrong += [f"nothing is planted there: {each}" for each in sorted(daily - PLANTED)]
    wrong += [f"judged at once, this differs: {each}" for each in sorted(alarms(at_once) ^ daily)]
    wrong += [f"judged at the end, this differs: {each}" for each in unlike]
    print("\n".join(wrong) or "At once: the same alarms. Every fifth day, at the end: the same figures")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
