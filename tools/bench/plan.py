"""`dataops plan` with one changed model beside `dbt ls -s state:modified+`, both warm, with peak memory and two floors.

    python -m bench.plan [--models 1000] [--runs 3] [--folder KEEP]      (in the folder tools/)

dbt's floor is what every command of dbt pays: importing dbt and its warm parse of the project. Ours is the same of a
project that is the changed model and nothing else. Seconds are those of the processors, user and system.
"""

from __future__ import annotations

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Callable
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
    """Measure both and the floors, alternating, and print medians. The first round only warms."""
    state = ".dataops/artifacts"
    ls = [python("dbt"), "ls", "-s", "state:modified+", "--state", state, "--profiles-dir", state, "--target", "ci"]
    floor = [sys.executable, "-c", FLOOR]
    with tempfile.TemporaryDirectory(prefix="bench-one-") as one:
        edit = _one_model(folder, Path(one))
        commands = {
            "dbt ls -s state:modified+": (folder, [*ls, "--quiet"]),
            "dataops plan": (folder, [python("dataops"), "plan", "--format", "json"]),
            "import dbt + warm parse": (folder, [*floor, str(folder / _CACHE)]),
            "import dbt + parse of one model": (Path(one), [*floor, str(Path(one) / _CACHE)]),
        }
        found: dict[str, list[tuple[float, float]]] = {name: [] for name in commands}
        for number in range(runs + 1):
            edit(number)
            for name, (where, words) in commands.items():
                measured = watched(where, words)
                if number:
                    found[name].append(measured)
    print(f"{models:,} models, one changed, CPU seconds, median of {runs}, warm")
    seconds = {name: statistics.median(each for each, _ in rows) for name, rows in found.items()}
    for name, rows in found.items():
        print(f"  {name:32} {seconds[name]:6.2f} s   peak {statistics.median(each for _, each in rows):6.0f} MB")
    theirs, ours, _, least = seconds.values()
    print(f"  dataops plan takes {theirs / ours:.1f} times less, and {ours - least:.2f} s more than to parse one model")


_CACHE = Path("target", "dataops", "parse", "ci", "partial_parse.msgpack")


def _one_model(folder: Path, one: Path) -> Callable[[int], object]:
    """A project of one model like those of `folder`, and how to edit it."""
    for name in ("dbt_project.yml", "profiles", "macros"):
        copy = shutil.copytree if (folder / name).is_dir() else shutil.copyfile
        copy(folder / name, one / name)
    shutil.copytree(folder / "target" / "dataops" / "profiles", one / "target" / "dataops" / "profiles")
    (one / "models").mkdir()
    return lambda number: (one / "models" / "one.sql").write_text(f"select {number} as id\n")


def watched(folder: Path, words: list[str]) -> tuple[float, float]:
    """CPU seconds and peak megabytes of a command."""
    with Path(os.devnull).open("w") as nowhere:
        child = _spawn(folder, words, nowhere.fileno())
        _, status, used = os.wait4(child, 0)
    if status:
        sys.exit(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime, used.ru_maxrss / 1024


def _spawn(folder: Path, words: list[str], output: int) -> int:
    before = Path.cwd()
    os.chdir(folder)
    try:
        return os.posix_spawn(words[0], words, os.environ, file_actions=[(os.POSIX_SPAWN_DUP2, output, 1)])
    finally:
        os.chdir(before)


if __name__ == "__main__":
    main()
