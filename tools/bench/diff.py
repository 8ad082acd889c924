"""`dataops diff` on two big tables, beside SQL by hand and beside other tools, each in a fresh process.

    python -m bench.diff [--rows 10000000] [--runs 3] [--folder KEEP] [--only NAME ...]      (in the folder tools/)
        [--memory 2GB] [--recce BIN] [--reladiff BIN] [--audit-helper FOLDER --dbt-utils FOLDER]

Prints the median seconds of each and how often ours fits into it. Other tools are measured where an option says where
they are installed. `own` is the comparison alone, without starting Python and importing dbt, where a tool tells.
"""

from __future__ import annotations

import argparse
import statistics
import tempfile
from functools import partial
from pathlib import Path

from bench import contenders, orders
from bench.contenders import Bench, Contender, DidNotRunError, Ran

KEYED, KEYLESS = "dataops diff --key", "dataops diff, no key"


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=10_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path, help="keep the tables and the project here and reuse them")
    parser.add_argument("--only", nargs="*", default=[], help="measure what has one of these words in its name")
    parser.add_argument("--memory", help="DuckDB's memory_limit for all, such as 2GB")
    parser.add_argument("--recce", type=Path, help="the command of an environment that has recce and dbt-duckdb")
    parser.add_argument("--reladiff", type=Path, help="the command of an environment that has reladiff and duckdb")
    parser.add_argument("--audit-helper", type=Path, help="a folder with the dbt package audit_helper")
    parser.add_argument("--dbt-utils", type=Path, help="a folder with the dbt package dbt_utils, which that one needs")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        bench = Bench((given.folder or Path(temporary)).resolve(), given.memory)
        bench.folder.mkdir(parents=True, exist_ok=True)
        if not bench.file.exists():
            print(f"making two tables of {given.rows:,} rows", flush=True)
            orders.make(bench.file, given.rows)
        bench.lay_out()
        chosen, absent = find(bench, given)
        if given.only:
            chosen = {name: one for name, one in chosen.items() if any(word in name for word in given.only)}
        show(measure(chosen, given.runs, absent), absent, given)


def find(bench: Bench, given: argparse.Namespace) -> tuple[dict[str, Contender], dict[str, str]]:
    """Everything that can be measured here, by name, and why the rest cannot."""
    found: dict[str, Contender] = {
        "floor: one full outer join": partial(bench.sql, contenders.floor()),
        KEYED: partial(contenders.ours, bench, True),
        "EXCEPT ALL both ways": partial(bench.sql, *contenders.except_all()),
        KEYLESS: partial(contenders.ours, bench, False),
    }
    absent = {}
    if given.reladiff:
        found["reladiff joindiff"] = partial(contenders.reladiff, bench, given.reladiff.absolute())
    else:
        absent["reladiff joindiff"] = "no --reladiff"
    try:
        if not (given.audit_helper and given.dbt_utils):
            raise DidNotRunError("no --audit-helper and --dbt-utils")
        packages = {"audit_helper": given.audit_helper, "dbt_utils": given.dbt_utils}
        queries = contenders.audit_queries(bench, packages)
        found |= {f"audit_helper {name}": partial(bench.sql, query) for name, query in queries.items()}
    except DidNotRunError as why:
        absent["audit_helper"] = str(why)
    try:
        if not given.recce:
            raise DidNotRunError("no --recce")
        contenders.recce_artifacts(bench, given.recce.absolute())
        found["recce value diff"] = partial(contenders.recce, bench, given.recce.absolute())
    except DidNotRunError as why:
        absent["recce value diff"] = str(why)
    return found, absent


def measure(chosen: dict[str, Contender], runs: int, absent: dict[str, str]) -> dict[str, list[Ran]]:
    """Each contender once per round, so that a slow minute of the machine hits all alike."""
    measured: dict[str, list[Ran]] = {}
    for _ in range(runs):
        for name, run in chosen.items():
            if name in absent:
                continue
            try:
                ran = run()
            except DidNotRunError as why:
                absent[name] = str(why)
                continue
            measured.setdefault(name, []).append(ran)
            print(f"  {name}: {ran.seconds:.2f} s, cpu {ran.processor:.1f}  {ran.found[:150]}", flush=True)
    return measured


def show(measured: dict[str, list[Ran]], absent: dict[str, str], given: argparse.Namespace) -> None:
    """The table of medians and ratios."""
    limit = f", memory_limit={given.memory}" if given.memory else ""
    print(f"{given.rows:,} rows × {len(orders.COLUMNS)} columns, two threads{limit}, median of {given.runs}")
    own = {name: statistics.median(ran.seconds for ran in rans) for name, rans in measured.items()}
    print(f"  {'':52} {'own s':>7} {'wall s':>7} {'cpu s':>7}  own, to ours")
    for name, rans in measured.items():
        wall, processor = (
            statistics.median(each) for each in zip(*((ran.wall, ran.processor) for ran in rans), strict=True)
        )
        mine = own.get(KEYLESS if name == KEYLESS or "EXCEPT" in name else KEYED)
        ratio = f"{own[name] / mine:5.2f}" if mine else ""
        print(f"  {name:52} {own[name]:7.2f} {wall:7.1f} {processor:7.1f}  {ratio}")
    for name, why in absent.items():
        print(f"  {name}: did not run: {why}")


if __name__ == "__main__":
    main()
