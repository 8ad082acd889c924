"""Breaks each rule of the four applications once, on a copy, to see that its test fails.

    python -m bench.rules [--application fraud] [--markdown ../docs/tests-that-fail.md]      (in the folder tools/)

`mutations/<application>.yml` holds, test by test, an edit of one file (file, old, new) or statements that damage what
was built (sql, with tables as {names}), and which models are to be built again before the test runs (build). Exits 1
if a test has no entry, or an entry left its test as it was.
"""

from __future__ import annotations

import argparse
import os
import shutil
import string
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml

ROOT = Path(__file__).resolve().parents[2]
APPLICATIONS = ("healthcare", "fraud", "recommendations", "supply_chain", "macros")
"""Folders of models, seeds and tests; the macros that the applications share have tests alone."""

INTRODUCTION = """# Tests that fail

A test that has never failed proves nothing. Each unit test, singular test and named data test of the project is
therefore seen red once: on a copy of the project one rule is broken, by an edit of a model or by damage to the data
that was built, and the test that guards the rule must then fail. Tests that only warn find a few planted rows in the
seeds already, so they must find more. `python -m bench.rules --markdown ../docs/tests-that-fail.md`, in the folder
`tools`, does all of it again; the edits are in `tools/bench/mutations`.
"""


@dataclass(frozen=True)
class Mutation:
    """One way to break the rule that a test guards."""

    test: str
    file: str = ""
    old: str = ""
    new: str = ""
    sql: str = ""
    build: tuple[str, ...] = ()

    @property
    def writes(self) -> frozenset[str]:
        """The file, tables and models that it changes."""
        tables = {name for _, name, _, _ in string.Formatter().parse(self.sql) if name}
        return frozenset({self.file, *tables, *self.build} - {""})

    def __str__(self) -> str:
        if not self.file:
            return f"`{' '.join(self.sql.split())}`"
        new = f"`{' '.join(self.new.split())}`" if self.new.strip() else "nothing"
        return f"`{Path(self.file).name}`: `{' '.join(self.old.split())}` → {new}"


def mutations(application: str) -> list[Mutation]:
    entries = yaml.safe_load((Path(__file__).parent / "mutations" / f"{application}.yml").read_text())
    return [Mutation(**{**entry, "build": tuple(entry.get("build", "").split())}) for entry in entries]


def guarded(application: str) -> set[str]:
    """The tests that need an entry: unit tests, singular tests, and data tests that were given a name."""
    names = {path.stem for path in (ROOT / "tests" / application).glob("*.sql")}
    for path in (ROOT / "models" / application).rglob("*.yml"):
        document = yaml.safe_load(path.read_text())
        names |= {test["name"] for test in document.get("unit_tests", [])}
        for model in document.get("models", []):
            for part in (model, *model.get("columns", [])):
                tests = [test for test in part.get("data_tests", []) if isinstance(test, dict)]
                names |= {given["name"] for test in tests for given in test.values() if "name" in (given or {})}
    return names


class Copy:
    """One application in a folder and a warehouse of its own, built once."""

    def __init__(self, folder: Path, application: str) -> None:
        self.folder = folder
        for part in (*(f"{kind}/{application}" for kind in ("models", "seeds", "tests")), "tests/generic"):
            if (ROOT / part).exists():
                shutil.copytree(ROOT / part, folder / part)
        for part in ("macros", "profiles", "tools/dataops/package"):
            shutil.copytree(ROOT / part, folder / part)
        shutil.copy(ROOT / "dbt_project.yml", folder)
        os.environ["DATAOPS_WAREHOUSE"] = str(folder)
        self.manifest = self.dbt("parse")
        self.nodes = {_name(node): node for node in self.manifest.nodes.values()}
        self.nodes |= {unit.name: unit for unit in self.manifest.unit_tests.values()}
        self.base = self.results("build")
        shutil.copy(folder / "dev.duckdb", folder / "base")

    def dbt(self, *words: str) -> Any:
        """What a command of dbt returns, which leaves the warehouse's file to others."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager
        from dbt.cli.main import dbtRunner

        places = ["--project-dir", self.folder, "--profiles-dir", self.folder / "profiles", "--target", "dev"]
        places += ["--target-path", self.folder / "target", "--log-level", "none", "--log-level-file", "none"]
        ran = dbtRunner().invoke([*words, *map(str, places)])
        DuckDBConnectionManager.close_all_connections()
        if ran.exception is not None:
            raise ran.exception
        return ran.result

    def results(self, *words: str) -> dict[str, tuple[str, int]]:
        """How each node ended, and with how many failing rows. (dbt names the result of a version by its own name.)"""
        ended = {each.node.unique_id: (str(each.status), each.failures or 0) for each in self.dbt(*words)}
        return {name: ended[node.unique_id] for name, node in self.nodes.items() if node.unique_id in ended}

    def reads(self, mutation: Mutation) -> set[str]:
        """The files and tables on which the outcome of a mutation depends."""
        found: set[str] = set()
        test = self.nodes[mutation.test]
        if test.resource_type == "unit_test":
            return self._files(self.manifest.nodes[test.depends_on.nodes[0]])
        pending = [test, *(self.nodes[name] for name in mutation.build)]
        while pending:
            node = pending.pop()
            found |= self._files(node)
            for parent in (self.manifest.nodes[name] for name in node.depends_on.nodes):
                found.add(_name(parent))
                if parent.config.materialized == "view":
                    pending.append(parent)
        return found

    def _files(self, node: Any) -> set[str]:
        found, pending = {node.original_file_path}, list(getattr(node.depends_on, "macros", []))
        while pending:
            macro = self.manifest.macros[pending.pop()]
            if macro.package_name == self.manifest.metadata.project_name and macro.original_file_path not in found:
                found.add(macro.original_file_path)
                pending += macro.depends_on.macros
        return found

    def rounds(self, given: list[Mutation]) -> list[list[Mutation]]:
        """The mutations, together with those that they cannot disturb."""
        rounds: list[list[tuple[Mutation, set[str]]]] = []
        for one in given:
            mine = self.reads(one)
            for together in rounds:
                if not any(
                    one.test == other.test or one.writes & (reads | other.writes) or other.writes & mine
                    for other, reads in together
                ):
                    together.append((one, mine))
                    break
            else:
                rounds.append([(one, mine)])
        return [[one for one, _ in together] for together in rounds]

    def broken(self, together: list[Mutation]) -> dict[Mutation, tuple[str, int]]:
        """How the tests of mutations end that are made at the same time."""
        originals = {file: (self.folder / file).read_text() for file in {one.file for one in together} - {""}}
        for one in together:
            if one.file:
                assert originals[one.file].count(one.old) == 1, f"{one.file} does not hold once: {one.old}"
                (self.folder / one.file).write_text(originals[one.file].replace(one.old, one.new))
        try:
            self._damage(one for one in together if one.sql)
            build = [model for one in together for model in one.build]
            built = self.results("run", "--full-refresh", "--select", *build) if build else {}
            tested = self.results("test", "--select", *(one.test for one in together))
        finally:
            for file, text in originals.items():
                (self.folder / file).write_text(text)
            (self.folder / "dev.duckdb.wal").unlink(missing_ok=True)
            shutil.copy(self.folder / "base", self.folder / "dev.duckdb")
        failed = {one for one in together if any(built.get(name) != ("success", 0) for name in one.build)}
        return {one: ("not built", 0) if one in failed else tested.get(one.test, ("not run", 0)) for one in together}

    def _damage(self, given: Iterable[Mutation]) -> None:
        relations = {name: node.relation_name for name, node in self.nodes.items() if hasattr(node, "relation_name")}
        with duckdb.connect(str(self.folder / "dev.duckdb")) as warehouse:
            for one in given:
                warehouse.execute(one.sql.format(**relations))


def _name(node: Any) -> str:
    version = node.version if node.resource_type == "model" else None
    return f"{node.name}.v{version}" if version else str(node.name)


def run(application: str) -> tuple[list[str], list[str]]:
    """The rows of an application's table, and what is wrong."""
    from dbt_common.exceptions import DbtBaseException

    given = mutations(application)
    wrong = [f"{application}: no entry for {name}" for name in sorted(guarded(application) - {m.test for m in given})]
    found: dict[Mutation, tuple[str, int]] = {}
    with tempfile.TemporaryDirectory(prefix="rules-") as folder:
        copy = Copy(Path(folder).resolve(), application)
        for together in copy.rounds(given):
            try:
                found |= copy.broken(together)
            except (DbtBaseException, duckdb.Error) as error:
                wrong.append(f"{application}: {', '.join(one.test for one in together)}: {error}")
    rows = []
    for one in given:
        (before, some), (after, more) = copy.base[one.test], found.get(one, ("not run", 0))
        red = after in {"fail", "warn"} and (after != before or more > some)
        rows.append(f"| {one.test} | {_cell(str(one))} | {_count(before, some)} → {_count(after, more)} |")
        if not red:
            wrong.append(f"{application}: {one.test} is {_count(after, more)} in spite of {one}")
    return rows, wrong


def _count(status: str, failures: int) -> str:
    return f"{status} ({failures:,})" if failures else status


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--application", choices=APPLICATIONS, help="only this one")
    parser.add_argument("--markdown", type=Path, help="write the tables to this file")
    given = parser.parse_args()
    pages, problems = [INTRODUCTION], []
    for application in [given.application] if given.application else APPLICATIONS:
        rows, wrong = run(application)
        table = ["| test | mutation | result |", "| --- | --- | --- |", *rows]
        pages.append(f"## {application.replace('_', ' ').capitalize()}\n\n" + "\n".join(table) + "\n")
        print(pages[-1], flush=True)
        problems += wrong
    if given.markdown:
        given.markdown.write_text("\n".join(pages))
    print("\n".join(problems) or "every test was seen red")
    sys.exit(1 if problems else 0)


if __name__ == "__main__":
    main()
