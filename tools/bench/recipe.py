"""One pull request: what a team types with dbt, sqlfluff and Elementary, beside `ci`, `site`, `report`.

    python -m bench.recipe [--models 1000] [--limit 900] [--package FOLDER --utils FOLDER] [--folder KEEP]

(in the folder tools/). One model changes. Each step is a command of its own, measured by itself: by the clock, in
seconds of the processors, with its peak memory. First in a fresh checkout with production's state, then once more after
another edit of the same model, with what the first round left. `--limit` ends a step after so many seconds; what it had
used by then counts, as the least that it takes.

`--package` and `--utils` are checkouts of elementary-data/dbt-data-reliability and dbt-labs/dbt-utils, for `edr report`
in a copy of the project with that package; without them that step is left out. Of that copy's own runs, which the
package makes longer, nothing is counted.
"""

from __future__ import annotations

import argparse
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.ci import CHANGED, fresh, prepare, python
from bench.report import hook

ARTIFACTS = ".dataops/artifacts"


@dataclass(frozen=True)
class Step:
    """One command that people type. `ends`: the exit codes that are no error."""

    name: str
    words: tuple[str, ...]
    folder: Path
    surroundings: Mapping[str, str] | None = None
    ends: tuple[int, ...] = (0, 1)


@dataclass(frozen=True)
class Cost:
    """What a step took: seconds by the clock and of the processors, megabytes. `ended`: within the limit."""

    wall: float
    processor: float
    peak: float
    ended: bool = True

    def __add__(self, other: Cost) -> Cost:
        peak = max(self.peak, other.peak)
        return Cost(self.wall + other.wall, self.processor + other.processor, peak, self.ended and other.ended)

    def row(self, name: str) -> str:
        """A line of the table."""
        least = "" if self.ended else "more than "
        return f"| {name} | {least}{self.wall:.1f} | {least}{self.processor:.1f} | {self.peak:.0f} |"


NOTHING = Cost(0, 0, 0)


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--limit", type=float, default=900)
    parser.add_argument("--package", type=Path)
    parser.add_argument("--utils", type=Path)
    parser.add_argument("--folder", type=Path, help="keep the generated project here and reuse it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        kept = (given.folder or Path(temporary)).resolve()
        folder = kept / "project"
        if not folder.exists():
            prepare(folder, given.models)
        reporting = bool(given.package and given.utils)
        if reporting and not (kept / "hooked").exists():
            hooked(kept, given.package.resolve(), given.utils.resolve())
        fresh(folder)
        compared(f"{given.models:,} models, a fresh checkout", kept, reporting, given.limit)
        changed(folder)
        compared(f"{given.models:,} models, warm", kept, reporting, given.limit)


def compared(title: str, kept: Path, reporting: bool, limit: float) -> None:
    """Run and print one round of both sides, each from what its own earlier round left."""
    folder = kept / "project"
    sides = {"typed today": today(folder), "with dataops": ours(folder)}
    if reporting:
        sides["typed today"].append(edr(kept))
    print(f"\n{title}\n\n| step | seconds | of the processors | MB |\n| --- | --: | --: | --: |")
    totals = []
    for side, steps in sides.items():
        total = NOTHING
        for step in steps:
            cost = measured(step, limit)
            print(cost.row(f"`{step.name}`"), flush=True)
            total += cost
        print(total.row(f"**{side}**"), flush=True)
        totals.append(total)
    typed, mine = totals
    least = "" if typed.ended else "at least "
    print(
        f"\n`dataops` takes {least}{typed.processor / mine.processor:.1f} times less of the processors, "
        f"{least}{typed.wall / mine.wall:.1f} times less by the clock",
        flush=True,
    )


def today(folder: Path) -> list[Step]:
    """What a team types for one pull request without this tool."""
    dbt = python("dbt")
    there = ("--profiles-dir", ARTIFACTS, "--target", "ci", "--quiet")
    change = ("-s", "state:modified+", "--state", ARTIFACTS)
    model = str(next((folder / "models").rglob(f"{CHANGED}.sql")).relative_to(folder))
    return [
        Step("dbt ls -s state:modified+", (dbt, "ls", *change, *there), folder),
        Step(
            "dbt build -s state:modified+ --defer", (dbt, "build", *change, "--defer", "--favor-state", *there), folder
        ),
        Step("sqlfluff lint", (python("sqlfluff"), "lint", model), folder),
        Step("dbt docs generate", (dbt, "docs", "generate", *there), folder),
    ]


def ours(folder: Path) -> list[Step]:
    """The same with this tool."""
    return [Step(f"dataops {command}", (python("dataops"), command), folder) for command in ("ci", "site", "report")]


def edr(kept: Path) -> Step:
    """Elementary's own command, with a copy of its dbt project in which its package lies already."""
    command = kept / "command"
    run = (sys.executable, "-c", "from elementary.cli.cli import cli; cli()", "report", "--profiles-dir", "profiles")
    words = (*run, "--file-path", str(kept / "edr.html"), "--open-browser", "false")
    return Step(
        "edr report", words, kept / "hooked", {**os.environ, "PYTHONPATH": str(command), "HOME": str(command)}, (0,)
    )


def hooked(kept: Path, package: Path, utils: Path) -> None:
    """A copy of the released project with Elementary's package, in which its tables are filled by one run."""
    folder = kept / "hooked"
    shutil.copytree(kept / "project", folder, ignore=shutil.ignore_patterns("target", "logs", ".dataops", ".git"))
    hook(kept, "generated", package, utils)
    print("filling Elementary's tables", flush=True)
    for choice in ("elementary", f"{CHANGED}+"):
        words = [python("dbt"), "build", "-s", choice, "--profiles-dir", "profiles", "--quiet"]
        subprocess.run(words, cwd=folder, check=False, stdout=subprocess.DEVNULL)


def changed(folder: Path) -> None:
    """Edit the changed model once more."""
    model = next((folder / "models").rglob(f"{CHANGED}.sql"))
    text = model.read_text()
    model.write_text(text.replace("/ 20", "/ 30") if "/ 20" in text else text.replace("/ 30", "/ 20"))


def measured(step: Step, limit: float) -> Cost:
    """Run a step, for so many seconds at most.

    Raises:
        SystemExit: it failed.
    """
    started = time.perf_counter()
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(
            step.words, cwd=step.folder, env=step.surroundings, stdout=said, stderr=said, start_new_session=True
        )
        late = threading.Event()

        def end() -> None:
            late.set()
            os.killpg(child.pid, signal.SIGKILL)

        timer = threading.Timer(limit, end)
        timer.start()
        _, status, used = os.wait4(child.pid, 0)
        timer.cancel()
        child.returncode = os.waitstatus_to_exitcode(status)
        cost = Cost(
            time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, not late.is_set()
        )
        if cost.ended and child.returncode not in step.ends:
            said.seek(0)
            sys.exit(f"{step.name} ended with {child.returncode}:\n{said.read().decode()[-3000:]}")
        return cost


if __name__ == "__main__":
    main()
