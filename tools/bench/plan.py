"""`dataops plan` with one changed model beside `dbt ls -s state:modified+`, both warm, with peak memory and the floor.

    python -m bench.plan [--models 1000] [--runs 3] [--folder KEEP]      (in the folder tools/)

The floor is what both pay before they compare: importing dbt and reading its stored parse.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

from bench.ci import FLOOR, prepare, python


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the generated project here and reuse it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = given.folder or Path(temporary) / "project"
        if not (folder / ".dataops").exists():
            prepare(folder, given.models)
        compare(folder, given.models, given.runs)


def compare(folder: Path, models: int, runs: int) -> None:
    """Time both and the floor, alternating, and print medians. The first round only warms."""
    state = ".dataops/artifacts"
    ls = [python("dbt"), "ls", "-s", "state:modified+", "--state", state, "--profiles-dir", state, "--target", "ci"]
    cache = folder / "target" / "dataops" / "parse" / "ci" / "partial_parse.msgpack"
    commands = {
        "dbt ls -s state:modified+": [*ls, "--quiet"],
        "dataops plan": [python("dataops"), "plan", "--format", "json"],
        "floor: import + warm parse": [sys.executable, "-c", FLOOR, str(cache)],
    }
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
    for number in range(runs + 1):
        for name, words in commands.items():
            measured = watched(folder, words)
            if number:
                found[name].append(measured)
    print(f"{models:,} models, one changed, median of {runs}, warm")
    seconds = {name: statistics.median(each for each, _ in rows) for name, rows in found.items()}
    for name, rows in found.items():
        print(f"  {name:28} {seconds[name]:6.1f} s   peak {statistics.median(each for _, each in rows):6.0f} MB")
    theirs, ours, floor = seconds.values()
    print(f"  dataops plan is {theirs / ours:.1f} times faster, and {ours - floor:.2f} s above the floor")


def watched(folder: Path, words: list[str]) -> tuple[float, float]:
    """Seconds and peak megabytes of a command."""
    started = time.perf_counter()
    with Path(os.devnull).open("w") as nowhere:
        child = _spawn(folder, words, nowhere.fileno())
        _, status, used = os.wait4(child, 0)
    seconds = time.perf_counter() - started
    if status:
        sys.exit(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return seconds, used.ru_maxrss / 1024


def _spawn(folder: Path, words: list[str], output: int) -> int:
    before = Path.cwd()
    os.chdir(folder)
    try:
        return os.posix_spawn(words[0], words, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, output, 1)])
    finally:
        os.chdir(before)


if __name__ == "__main__":
    main()
