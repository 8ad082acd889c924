"""What `dataops suggest` finds again of the tests that people wrote, on a copy of this project without them.

    python -m bench.suggest_hidden [--folder KEEP] [--rest]      (in the folder tools/)

Builds the project in a throw-away folder, takes all data tests out of its YAML, and compares the proposals with what
was taken out. `--rest` prints the proposals that nobody had written, to be read.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
TESTS = ("not_null", "unique", "accepted_values", "relationships", "is_between", "has_unique_rows", "is_on_or_after")
APPLICATIONS = ("fraud", "healthcare", "recommendations", "supply_chain")

Written = dict[tuple[str, str, str], Any]
"""Arguments of a test, by node, column ('' for the table) and test."""


def main() -> None:
    """Run the measurement."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="keep the project here and reuse it")
    parser.add_argument("--rest", action="store_true", help="print the proposals that nobody had written")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        place = (given.folder or Path(temporary) / "project").resolve()
        if not place.exists():
            _built(place)
        written: Written = {}
        for file in sorted([*place.glob("models/**/*.yml"), *place.glob("seeds/**/*.yml")]):
            file.write_text(_without_tests(file, written), encoding="utf-8")
        record = place / "hidden.json"
        if written:
            record.write_text(json.dumps([[*key, value] for key, value in written.items()]), encoding="utf-8")
        rows = json.loads(record.read_text(encoding="utf-8"))
        written = {(node, column, test): value for node, column, test, value in rows}
        found = json.loads(_run(place, "suggest", "--format", "json"))
    _show(written, found, given.rest)


def _built(place: Path) -> None:
    subprocess.run(["git", "clone", "-q", str(REPOSITORY), str(place)], check=True)
    _run(place, "build", "--exclude", "resource_type:test", "resource_type:unit_test")


def _run(place: Path, *words: str) -> str:
    environment = {
        **os.environ, "PYTHONPATH": str(REPOSITORY / "tools"), "DBT_PROFILES_DIR": "profiles",
        "DATAOPS_WAREHOUSE": str(place / "warehouse"),
    }  # fmt: skip
    done = subprocess.run(
        [sys.executable, "-m", "dataops", *words],
        cwd=place,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    # 1: sources that nothing was loaded into are told.
    if done.returncode not in (0, 1):
        sys.exit(done.stdout + done.stderr)
    return done.stdout


def _without_tests(file: Path, written: Written) -> str:
    """A file's text without its data tests, which go into `written`."""
    document = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    nodes = [*document.get("models", ()), *document.get("seeds", ()), *document.get("snapshots", ())]
    for node in nodes:
        _take(node, node["name"], "", written)
        for column in node.get("columns") or ():
            _take(column, node["name"], column.get("name", ""), written)
    return yaml.safe_dump(document, sort_keys=False, allow_unicode=True, width=1000)


def _take(entry: dict[str, Any], node: str, column: str, written: Written) -> None:
    for test in entry.pop("data_tests", None) or ():
        name, body = (test, {}) if isinstance(test, str) else next(iter(test.items()))
        written[node, column, str(name)] = (body or {}).get("arguments", {})


def _show(written: Written, found: dict[str, Any], rest: bool) -> None:
    judged_not = {uid.split(".")[2] for uid in found["passed_over"]}
    proposals: Written = {}
    evidence = {}
    for each in found["proposals"]:
        key = (each["unique_id"].split(".")[2], each["column"] or "", each["test"].rsplit(".", 1)[-1])
        proposals[key] = each["arguments"]
        evidence[key] = each["evidence"]
    print("| test | written | of tables with enough rows | proposed again | also proposed |")
    print("| --- | --- | --- | --- | --- |")
    totals: Counter[str] = Counter()
    for test in (*TESTS, *sorted({key[2] for key in proposals} - set(TESTS))):
        own = [key for key in written if key[2] == test]
        able = [key for key in own if key[0] not in judged_not]
        again = [key for key in able if key in proposals]
        new = [key for key in proposals if key[2] == test and key not in written]
        counts = {"written": len(own), "able": len(able), "again": len(again), "new": len(new)}
        totals.update(counts)
        print(f"| `{test}` | {counts['written']} | {counts['able']} | {counts['again']} | {counts['new']} |")
    print(f"| all | {totals['written']} | {totals['able']} | {totals['again']} | {totals['new']} |")
    if rest:
        for key in sorted(set(written) - set(proposals)):
            if key[0] not in judged_not:
                print("missed  ", *key, written[key])
        for key in sorted(set(proposals) - set(written)):
            print("proposed", *key, proposals[key], "|", evidence[key])


if __name__ == "__main__":
    main()
