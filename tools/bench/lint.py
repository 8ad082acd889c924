"""`dataops lint --base main` beside `sqlfluff lint` of the same files, by the dbt templater, on both cores.

    python -m bench.lint [--models 1000] [--changed 100] [--folder KEEP]      (in the folder tools/)

CPU seconds and seconds by the clock of one pull request: in a fresh checkout that has its parse, and once more. The
findings must be the same. What is remembered of findings is tried by `bench.lint_mutants`.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from bench.ci import python, run
from bench.projects import generate

_WHO = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")
KEPT = Path("target") / "dataops" / "lint.json"
Found = set[tuple[str, int, int, str]]


def main() -> int:
    """Run the benchmark; 1 where findings differ."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--changed", type=int, default=100)
    parser.add_argument("--folder", type=Path, help="keep the generated project here and reuse it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = given.folder or Path(temporary) / "project"
        if not (folder / ".git").exists():
            prepare(folder, given.models)
        return int(not all(compare(folder, count) for count in (1, given.changed)))


def prepare(folder: Path, models: int) -> None:
    """A project of which main is committed, with a variable that a macro reads."""
    generate(folder, models)
    macro = "{% macro rounded(column) %}round({{ column }}, {{ var('digits', 2) }}){% endmacro %}\n"
    (folder / "macros" / "rounded.sql").write_text(macro)
    run(folder, "git", "init", "-q", "-b", "main", ".")
    run(folder, "git", "add", "-A")
    run(folder, "git", *_WHO, "commit", "-qm", "base")
    run(folder, "git", "switch", "-qc", "change")
    # Both sides have the parse of an earlier day.
    run(folder, python("dataops"), "lint", "--all", "--format", "json")
    run(folder, python("dbt"), "parse", "--quiet", "--profiles-dir", "profiles", "--target", "prod")


def compare(folder: Path, count: int) -> bool:
    """Both sides on so many changed files; whether they found the same."""
    files = sorted((folder / "models").rglob("m*.sql"))[-count:]
    for file in files:
        file.write_text(
            file.read_text().replace("inner join", "INNER JOIN").replace("    left_side.id,", "  left_side.id,")
        )
    names = [str(file.relative_to(folder)) for file in files]
    theirs, cost = measured(folder, [python("sqlfluff"), "lint", "--processes", "2", "--format", "json", *names])
    found = {
        (each["filepath"], one["start_line_no"], one["start_line_pos"], one["code"])
        for each in json.loads(theirs)
        for one in each["violations"]
    }
    (folder / KEPT).unlink(missing_ok=True)
    command = [python("dataops"), "lint", "--base", "main", "--format", "json"]
    cold, first = measured(folder, command)
    warm, second = measured(folder, command)
    run(folder, "git", "checkout", "-q", "--", "models")
    same = places(cold) == places(warm) == found
    print(
        f"{count} changed of {len(list((folder / 'models').rglob('m*.sql'))):,} models: {len(found)} findings,", end=""
    )
    print(" the same" if same else f" not the same: {len(places(cold))} and {len(places(warm))}")
    print("                     CPU s   by the clock")
    for name, (processor, wall) in (("sqlfluff lint", cost), ("dataops lint", first), ("once more", second)):
        print(f"  {name:<16} {processor:8.1f} {wall:10.1f}     {cost[0] / processor:.1f} times less", flush=True)
    return same


def places(document: str) -> Found:
    """The findings of `dataops lint`, as sqlfluff places them."""
    return {(each["file"], each["line"], each["column"], each["rule"]) for each in json.loads(document)["findings"]}


def measured(folder: Path, command: Sequence[str | Path]) -> tuple[str, tuple[float, float]]:
    """What a command prints, and its seconds: of the processors, with those of its children, and by the clock."""
    before, started = os.times(), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    after = os.times()
    if done.returncode not in (0, 1):
        sys.exit(f"{command[0]} ended with {done.returncode}\n{done.stdout}\n{done.stderr}")
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    return done.stdout, (spent, time.perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
