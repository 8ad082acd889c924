"""What the control charts do, measured: run lengths of the textbook, false alarms, power, and what they cost.

    python -m bench.control_charts [runs] [alarms] [seasons] [power] [--series 10000]      (in the folder tools/)
    python -m bench.control_charts labelled --data FOLDER
    python -m bench.control_charts cost [--rows 10000000] [--elementary FOLDER --dbt-utils FOLDER]

The SQL is the package's own, compiled by dbt and run on DuckDB over simulated series; `labelled` over real ones, from a
copy of github.com/microsoft/cloud-monitoring-dataset; `cost` beside Elementary's dbt package, where a copy of it is.
Prints the tables of docs/monitors.md; exit code 1 if a run length is further than 3 % from the published one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from bench.charts.alarms import alarms
from bench.charts.cost import cost
from bench.charts.labelled import labelled
from bench.charts.power import power
from bench.charts.runs import CASES, measured, queries
from bench.charts.seasons import seasons

SIMULATED = ("runs", "alarms", "seasons", "power")


def main() -> int:
    """Print the chosen tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=(*SIMULATED, "labelled", "cost"), default=SIMULATED)
    parser.add_argument("--series", type=int, default=10_000, help="simulated series of each case")
    parser.add_argument("--data", type=Path, help="the folder of the labelled series")
    parser.add_argument("--rows", type=int, default=10_000_000, help="of the table whose monitors are timed")
    parser.add_argument("--elementary", type=Path, help="a folder with the dbt package elementary")
    parser.add_argument("--dbt-utils", type=Path, help="a folder with the dbt package dbt_utils, which that one needs")
    given = parser.parse_args()
    if "labelled" in given.part and given.data is None:
        parser.error("labelled needs --data FOLDER")
    wrong: list[str] = []
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        parts = {
            "runs": partial(runs, folder, given.series, wrong),
            "alarms": partial(alarms, folder, given.series),
            "seasons": partial(seasons, folder, given.series),
            "power": partial(power, folder, given.series),
            "labelled": partial(labelled, folder, given.data),
            "cost": partial(cost, folder, given.rows, given.elementary, given.dbt_utils),
        }
        for part in given.part:
            for line in parts[part]():
                print(line, flush=True)
    return int(bool(wrong))


def runs(folder: Path, series: int, wrong: list[str]) -> Iterator[str]:
    """The table of run lengths, a line at a time; what is too far from the published figure goes to `wrong`."""
    yield "| chart | shift | published | measured | difference |\n| --- | --- | --- | --- | --- |"
    for case, query in zip(CASES, queries(folder), strict=True):
        found = measured(query, case, series)
        off = found / case.published - 1
        if abs(off) > 0.03:
            wrong.append(case.name)
        yield f"| {case.name} | {case.shift:g}σ | {case.published:g} | {found:.2f} | {off:+.1%} |"


if __name__ == "__main__":
    sys.exit(main())
