"""Great Expectations itself, on the cases that the tests hold the imported expectations to.

    python -m bench.expectations record          ask it again; says what it answers otherwise than in answers.json
    python -m bench.expectations cost [--rows N] seconds of its pandas path and of our tests (in the folder tools/)

Both need an environment with great_expectations 1.x; `cost` needs DuckDB in it, and --python names one with dbt.
"""

from __future__ import annotations

import argparse
import json
import logging
import os
from pathlib import Path
from typing import Any

from tests.expectations import cases

ANSWERS = Path(__file__).resolve().parents[1] / "tests" / "expectations" / "answers.json"
KEPT = ("element_count", "unexpected_count", "missing_count", "observed_value")
TYPES = {"bigint": "int64", "double precision": "float64", "text": "str", "timestamp": "datetime64[ns]"}


def main() -> None:
    """Run one of the two."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("record")
    parser.parse_args()
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.disable(logging.WARNING)
    record()


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
    import great_expectations.expectations as known

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    suite = gx.ExpectationSuite(name=name)
    for asked in expectations:
        kind = "".join(part.capitalize() for part in asked["type"].split("_"))
        suite.add_expectation(getattr(known, kind)(**asked["kwargs"]))
    asset = context.data_sources.add_pandas("frames").add_dataframe_asset(name)
    batch = asset.add_batch_definition_whole_dataframe("all").get_batch({"dataframe": data})
    stored = [each.to_json_dict() for each in (expectation.configuration for expectation in suite.expectations)]
    return {"expectations": stored, "answers": [answer(batch.validate(each)) for each in suite.expectations]}


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


if __name__ == "__main__":
    main()
