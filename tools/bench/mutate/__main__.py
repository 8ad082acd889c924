"""The mutation harness: one random edit at a time, the plan held against what really differs.

    python -m bench.mutate PROJECT [--mutants 100] [--seed 1] [--json OUT]      (in the folder tools/)

Prints every miss, and a table with what the plan and dbt's `state:modified+` run without need. Exit code 1 if
anything was missed.
"""

from __future__ import annotations

import argparse
import gc
import json
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from dbt_common.tests import enable_test_caching

from bench.mutate.report import document, miss, table
from bench.mutate.trial import Trial, Verdict

_OFTEN = 20
"""After so many trials garbage is collected, and what was found is written."""


def main() -> int:
    """Run the harness."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", type=Path, help="folder of dbt_project.yml")
    parser.add_argument("--mutants", type=int, default=100, help="how many edits that build are wanted")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", type=int, action="append", help="judge the edits of these numbers, and say more")
    parser.add_argument("--json", type=Path, help="write every edit and its verdict here")
    parser.add_argument("--data", type=Path, help="a DuckDB file with what the project's sources read")
    parser.add_argument("--minutes", type=float, default=600, help="begin no further edit after this time")
    parser.add_argument("--full-parse", action="store_true", help="let the truth never reuse a parse; slower")
    parser.add_argument("--whole", type=float, default=0.1, help="share of the edits for which all is built")
    parser.add_argument("--asked", type=float, default=0.25, help="share of the edits of which dbt is asked")
    parser.add_argument("--no-probes", action="store_true", help="add no large seed and no readers of settings")
    given = parser.parse_args()
    # dbt's own macros are the same for each mutant: a process reads them once.
    enable_test_caching()
    until = time.monotonic() + 60 * given.minutes
    memory = Path("/dev/shm")
    with tempfile.TemporaryDirectory(prefix="mutate-", dir=memory if memory.is_dir() else None) as folder:
        work = Path(folder)
        trial = Trial(
            given.project.resolve(), work, given.seed, given.full_parse, not given.no_probes, given.data,
            given.whole, given.asked,
        )  # fmt: skip
        for unique_id, names in sorted(trial.volatile.items()):
            print(
                f"not compared, differs between two builds of the same code: {unique_id} ({', '.join(sorted(names))})"
            )
        # To look for garbage among all that dbt loaded is a fifth of a trial.
        gc.collect()
        gc.freeze()
        gc.disable()
        verdicts: list[Verdict] = []
        for number, verdict in _judged(trial, given.mutants, given.only, until):
            verdicts += [verdict] if verdict else []
            if not number % _OFTEN:
                gc.collect()
                _keep(given, verdicts)
    print(table(given.project.name, verdicts, len(trial.before)))
    _keep(given, verdicts)
    return 1 if any(each.missed or each.failed for each in verdicts) else 0


def _keep(given: argparse.Namespace, verdicts: list[Verdict]) -> None:
    if given.json:
        given.json.write_text(json.dumps(document(given.project.name, given.seed, verdicts), indent=1) + "\n")


def _judged(trial: Trial, wanted: int, only: list[int] | None, until: float) -> Iterator[tuple[int, Verdict | None]]:
    """Each edit with its verdict, told as soon as it is there; None where there is no such edit."""
    valid = 0
    for number in only or range(1, wanted * 4):
        verdict = trial.run(number, thorough=bool(only))
        if verdict is not None:
            valid += verdict.rejected is None
            if verdict.missed or verdict.failed:
                print(miss(verdict), flush=True)
            elif only:
                print(json.dumps(document("", 0, [verdict])["mutants"], indent=1))
        yield number, verdict
        if sys.stderr.isatty():
            print(f"\r{valid} of {wanted}", end="", file=sys.stderr)
        if valid >= wanted or time.monotonic() > until:
            break


if __name__ == "__main__":
    sys.exit(main())
