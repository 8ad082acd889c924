"""Great Expectations itself, on the cases that the tests hold the imported expectations to.

    python -m bench.expectations record        ask it again; says what it answers otherwise than in answers.json
    python -m bench.expectations cost --great-expectations PYTHON [--rows 1000000]           (in the folder tools/)

`record` runs in an environment with great_expectations 1.x, which need not have anything else. `cost` runs in ours, is
told the Python of such an environment (with pyarrow), and prints the seconds of both on the same table: one of each
expectation, as a suite on a pandas frame that is in memory, and as `dbt test` on DuckDB.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
import subprocess
import tempfile
import time
from pathlib import Path
from typing import Any

from tests.expectations import cases

ANSWERS = Path(__file__).resolve().parents[1] / "tests" / "expectations" / "answers.json"
KEPT = ("element_count", "unexpected_count", "missing_count", "observed_value")
TYPES = {"bigint": "int64", "double precision": "float64", "text": "str", "timestamp": "datetime64[ns]"}


def main() -> None:
    """Run one of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("record")
    costs = commands.add_parser("cost")
    costs.add_argument("--great-expectations", type=Path, required=True, metavar="PYTHON")
    costs.add_argument("--rows", type=int, default=1_000_000)
    theirs = commands.add_parser("theirs", help="what `cost` runs in the other environment")
    theirs.add_argument("file", type=Path)
    given = parser.parse_args()
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.disable(logging.WARNING)
    if given.command == "record":
        record()
    elif given.command == "cost":
        cost(given.great_expectations, given.rows)
    else:
        measure(given.file)


def record() -> None:
    """Write what Great Expectations answers, and print where that differs from what is written."""
    import great_expectations

    before = json.loads(ANSWERS.read_text(encoding="utf-8")) if ANSWERS.exists() else {"suites": {}}
    found: dict[str, Any] = {"great_expectations": great_expectations.__version__, "suites": {}}
    for table, expectations in cases.suites().items():
        found["suites"][table] = answers(frame(cases.TABLES[table]), table, expectations)
    differences = 0
    for table, suite in found["suites"].items():
        known = before["suites"].get(table, {"expectations": [], "answers": []})
        old = dict(zip(map(text, known["expectations"]), known["answers"], strict=True))
        for asked, answer in zip(suite["expectations"], suite["answers"], strict=True):
            if old.get(text(asked), answer) != answer:
                differences += 1
                print(f"{table}: {text(asked)}\n  was {old[text(asked)]}\n  is  {answer}")
    ANSWERS.write_text(written(found), encoding="utf-8")
    count = sum(len(suite["answers"]) for suite in found["suites"].values())
    print(f"great_expectations {found['great_expectations']}: {count} answers, {differences} other than before")


def written(found: dict[str, Any]) -> str:
    """As JSON, an expectation or an answer a line, so that a difference is a line of the file."""
    lines = json.dumps(found, ensure_ascii=False, allow_nan=False, sort_keys=True)
    for opening in ('{"error"', '{"element', '{"missing', '{"observed', '{"success', '{"unexpected', '{"kwargs"'):
        lines = lines.replace(f" {opening}", f"\n{opening}").replace(f"[{opening}", f"[\n{opening}")
    return lines + "\n"


def text(value: Any) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False)


def frame(table: dict[str, Any]) -> Any:
    """A table of the cases as pandas reads one: whole numbers with gaps become floating-point numbers."""
    import pandas as pd

    made = pd.DataFrame(table["rows"], columns=list(table["columns"]))
    for name, kind in table["columns"].items():
        made[name] = made[name].astype("float64" if kind == "bigint" and made[name].isna().any() else TYPES[kind])
    return made


def answers(data: Any, name: str, expectations: list[dict[str, Any]]) -> dict[str, Any]:
    """A suite as Great Expectations writes it, and for each of its expectations the verdict and the counts."""
    import great_expectations as gx

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    suite = suite_of(name, expectations)
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": data})
    stored = [each.configuration.to_json_dict() for each in suite.expectations]
    return {"expectations": stored, "answers": [answer(batch.validate(each)) for each in suite.expectations]}


def suite_of(name: str, expectations: list[dict[str, Any]]) -> Any:
    """Needs a context."""
    import great_expectations as gx
    import great_expectations.expectations as known

    suite = gx.ExpectationSuite(name=name)
    for asked in expectations:
        kind = "".join(part.capitalize() for part in asked["type"].split("_"))
        suite.add_expectation(getattr(known, kind)(**asked["kwargs"]))
    return suite


def answer(result: Any) -> dict[str, Any]:
    """Verdict and counts; an error of Great Expectations as its message."""
    found = result.to_json_dict()
    raised = found["exception_info"]
    if raised.get("raised_exception", True):
        messages = {each["exception_message"] for each in raised.values()} if raised else {"no answer"}
        return {"error": "; ".join(sorted(messages))}
    return {
        "success": bool(found["success"]),
        **{name: found["result"][name] for name in KEPT if name in found["result"]},
    }


# -- cost -----------------------------------------------------------------------------------------------------------

MADE = """
create table raw.plain as
select
    i as id,
    1 + i % 9 as whole,
    case when i % 10 <> 3 then (i * 7919) % 1000 / 10.0 end::double as amount,
    case when i % 50 <> 7 then ['web', 'shop', 'fax'][1 + i % 3] end as channel,
    'AB-' || lpad((i % 1000)::varchar, 3, '0') as code,
    (i % 100)::double as a,
    (i % 97)::double as b,
    ['x', 'y', 'z'][1 + i % 3] as left_text,
    ['x', 'y'][1 + i % 2] as right_text,
    timestamp '2024-01-01' + i * interval '1 second' as happened_at,
    ['p', 'q', 'r'][1 + i % 3] as "select",
    i::double as "Größe"
from range({rows}) as numbers (i)
"""


def one_of_each() -> list[dict[str, Any]]:
    return [cases.expectation(name, arguments[0]) for name, arguments in cases.GENERAL.items()]


def cost(python: Path, rows: int) -> None:
    """Print the seconds of both."""
    import duckdb

    from tests.expectations import asked
    from tests.monitors.package import Watched

    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = Path(temporary)
        project = Watched.lay_out(folder)
        with duckdb.connect(str(folder / "watched.duckdb")) as connection:
            connection.execute("create schema raw")
            connection.execute(MADE.format(rows=rows))
            connection.execute(f"copy raw.plain to '{folder / 'plain.parquet'}'")
        asked.watch(project, [asked.Case(f"e{n}", "plain", each, {}) for n, each in enumerate(one_of_each())])
        # Parsed before, as a project that has run once is.
        project.dbt("parse")
        began = time.perf_counter()
        project.dbt("test", passes=False)
        whole = time.perf_counter() - began
        ran = json.loads((project.folder / "target" / "run_results.json").read_text(encoding="utf-8"))["results"]
        print(f"{len(ran)} expectations, {rows:,} rows", flush=True)
        print(f"dbt test: {whole:.1f} s, of it {sum(each['execution_time'] for each in ran):.1f} s in the tests")
        for each in sorted(ran, key=lambda each: -each["execution_time"])[:3]:
            place = int(each["unique_id"].split(".")[2][1:])
            print(f"    {each['execution_time']:.1f} s  {one_of_each()[place]['type']}", flush=True)
        words = [str(python), "-m", "bench.expectations", "theirs", str(folder / "plain.parquet")]
        subprocess.run(words, check=True, env={**os.environ, "PYTHONPATH": "."})


def measure(file: Path) -> None:
    """Print the seconds of Great Expectations on a frame."""
    import great_expectations as gx
    import pandas as pd

    data = pd.read_parquet(file)
    # One of them goes through the rows in Python, and would take a quarter of an hour for a million.
    slow = "expect_column_pair_values_to_be_in_set"
    for part, slowly in ((data, False), (data.head(10_000), True)):
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = {"globally": False}
        suite = suite_of("plain", [each for each in one_of_each() if (each["type"] == slow) == slowly])
        asset = context.data_sources.add_pandas("frames").add_dataframe_asset("plain")
        batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": part})
        began = time.perf_counter()
        batch.validate(suite, result_format="BASIC")
        seconds = time.perf_counter() - began
        told = f"{slow} on {len(part):,} rows" if slowly else f"the other {len(suite.expectations)}"
        print(f"great_expectations {gx.__version__}, {told}: {seconds:.1f} s", flush=True)


if __name__ == "__main__":
    main()
