"""What the control charts do, measured: run lengths of the textbook, and false alarms per point.

    python -m bench.control_charts [runs] [alarms] [seasons] [power] [--series 10000]      (in the folder tools/)
    python -m bench.control_charts labelled --data FOLDER

The SQL is the package's own, compiled by dbt and run on DuckDB over simulated series; `labelled` over real ones, from a
copy of github.com/microsoft/cloud-monitoring-dataset. Prints the tables of docs/monitors.md; exit code 1 if a run
length is further than 3 % from the published one.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from bench.charts.alarms import alarms
from bench.charts.labelled import labelled
from bench.charts.power import power
from bench.charts.runs import CASES, measured, queries
from bench.charts.seasons import seasons

PARTS = ("runs", "alarms", "seasons", "power")


def main() -> int:
    """Print the chosen tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", nargs="*", choices=(*PARTS, "labelled"), default=PARTS)
    parser.add_argument("--data", type=Path, help="the folder of the labelled series")
    parser.add_argument("--series", type=int, default=10_000, help="simulated series of each case")
    given = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        if "runs" in given.part:
            print("| chart | shift | published | measured | difference |\n| --- | --- | --- | --- | --- |", flush=True)
            for case, query in zip(CASES, queries(Path(folder)), strict=True):
                found = measured(query, case, given.series)
                off = found / case.published - 1
                wrong += abs(off) > 0.03
                print(f"| {case.name} | {case.shift:g}σ | {case.published:g} | {found:.2f} | {off:+.1%} |", flush=True)
        for part, lines in (("alarms", alarms), ("seasons", seasons), ("power", power)):
            if part in given.part:
                for line in lines(Path(folder), given.series):
                    print(line, flush=True)
        if "labelled" in given.part:
            if given.data is None:
                parser.error("labelled needs --data FOLDER")
            for line in labelled(Path(folder), given.data):
                print(line, flush=True)
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
