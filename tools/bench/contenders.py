"""The ways to compare two tables that `bench.diff` measures: ours, SQL by hand, and other tools where installed.

Each is run in a process of its own and tells its seconds and what it found.
"""

from __future__ import annotations

import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench.orders import COLUMNS, KEY

DATABASE = "orders"
TIMEOUT = 900

_SQL = """
import json, resource, sys, time, duckdb
database, settings, *statements = json.load(sys.stdin)
started = time.perf_counter()
connection = duckdb.connect(database, read_only=True, config=settings)
connection.execute("set enable_progress_bar = false")
for statement in statements:
    found = connection.execute(statement).fetchall()
seconds = time.perf_counter() - started
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
print(json.dumps({"seconds": seconds, "peak": peak, "found": found[:60]}, default=str))
"""


@dataclass(frozen=True)
class Ran:
    """One run. `seconds`: of the comparison alone, as the tool tells or else as `wall`; `wall` and `processor`: seconds
    of the whole command, by the clock and of the processors.
    """

    seconds: float
    found: str
    wall: float
    processor: float


@dataclass(frozen=True)
class Ended:
    """A command that has ended well: what it printed, and how long it took."""

    out: str
    wall: float
    processor: float


class DidNotRunError(Exception):
    """Says why a contender gave no figure."""


Contender = Callable[[], Ran]


@dataclass(frozen=True)
class Bench:
    """The folder with the tables and the dbt project over them. `memory`: a limit for DuckDB, as it writes one."""

    folder: Path
    memory: str | None = None

    @property
    def file(self) -> Path:
        """The database with both tables."""
        return self.folder / f"{DATABASE}.duckdb"

    def lay_out(self) -> None:
        """A dbt project with one model, `orders`, which is in both schemas of the database."""
        settings = f"settings: {{threads: 2{f', memory_limit: {self.memory}' if self.memory else ''}}}"
        outputs = "".join(
            f"    {schema}: {{type: duckdb, path: {self.file.name}, schema: {schema}, threads: 2, {settings}}}\n"
            for schema in ("base", "head")
        )
        self.write("profiles.yml", f"orders:\n  target: head\n  outputs:\n{outputs}")
        self.write("dbt_project.yml", "name: orders\nprofile: orders\nversion: '1.0'\n")
        self.write("models/orders.sql", "select 1 as order_id")
        checks = {"checks": [value_diff()]}
        self.write("recce.yml", json.dumps(checks))
        self.write("home/.recce/profile.yml", "user_id: nobody\nanonymous_tracking: false\n")

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    # -- SQL by hand ------------------------------------------------------------------------------------------------

    def sql(self, *statements: str) -> Ran:
        """Statements run by DuckDB alone, in a fresh process."""
        config = {"threads": 2, **({"memory_limit": self.memory} if self.memory else {})}
        ended = self.process([sys.executable, "-c", _SQL], stdin=json.dumps([str(self.file), config, *statements]))
        answer = json.loads(ended.out)
        found = f"{answer['peak']:.1f} GB, {answer['found']}"
        return Ran(answer["seconds"], found, ended.wall, ended.processor)

    # -- processes --------------------------------------------------------------------------------------------------

    def process(self, words: list[str], stdin: str = "", ends: tuple[int, ...] = (0,)) -> Ended:
        """Run a command in the project's folder, and at home in one where no tool sends statistics."""
        surroundings = {**os.environ, "HOME": str(self.folder / "home"), "DBT_SEND_ANONYMOUS_USAGE_STATS": "false"}
        started, before = time.perf_counter(), resource.getrusage(resource.RUSAGE_CHILDREN)
        try:
            done = subprocess.run(
                words,
                cwd=self.folder,
                input=stdin,
                env=surroundings,
                timeout=TIMEOUT,
                capture_output=True,
                text=True,
                check=False,
            )
        except subprocess.TimeoutExpired as late:
            raise DidNotRunError(f"did not finish in {TIMEOUT} s") from late
        if done.returncode not in ends:
            said = [line for line in (done.stdout + "\n" + done.stderr).splitlines() if line.strip()]
            raise DidNotRunError(f"ended with {done.returncode}: {' / '.join(said[-3:])[:400]}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        processor = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        return Ended(done.stdout, time.perf_counter() - started, processor)


def value_diff() -> dict[str, object]:
    """Recce's value diff of the model, as a check that it runs without being asked."""
    return {"name": "orders", "type": "value_diff", "params": {"model": "orders", "primary_key": KEY}}


def floor() -> str:
    """One hash join that counts, per column, the values that differ: the least that any keyed comparison does."""
    counts = ", ".join(
        f"count(*) filter (b.{KEY} is not null and h.{KEY} is not null and b.{name} is distinct from h.{name})"
        for name in COLUMNS
        if name != KEY
    )
    sides = f"count(*) filter (h.{KEY} is null), count(*) filter (b.{KEY} is null)"
    return f"select {sides}, {counts} from base.orders b full outer join head.orders h on b.{KEY} = h.{KEY}"


def except_all() -> list[str]:
    """What one side has and the other has not, with multiplicity, each way."""
    one, other = "(from base.orders)", "(from head.orders)"
    return [f"select count(*) from ({a} except all {b})" for a, b in ((one, other), (other, one))]


def ours(bench: Bench, keyed: bool) -> Ran:
    """`dataops diff` of the two relations."""
    words = [os.fspath(Path(sys.executable).with_name("dataops")), "diff"]
    words += [f"{DATABASE}.base.orders", f"{DATABASE}.head.orders", "--format", "json"]
    words += ["--key", KEY] if keyed else []
    ended = bench.process(words, ends=(0, 1))
    diff = json.loads(ended.out)["diffs"][0]
    return Ran(diff["seconds"], json.dumps(diff["rows"]), ended.wall, ended.processor)


def recce(bench: Bench, command: Path) -> Ran:
    """`recce run` of one value diff; the seconds are those that it states for that check."""
    ended = bench.process([str(command), "run", "--profiles-dir", ".", "-o", "recce_state.json"])
    seconds = re.search(r"([\d.]+)\s*seconds", ended.out)
    state = json.loads((bench.folder / "recce_state.json").read_text(encoding="utf-8"))
    results = [run.get("result") or run.get("error") for run in state.get("runs", [])]
    if seconds is None or not results or not isinstance(results[-1], dict):
        raise DidNotRunError(f"no result: {results or ended.out[-300:]}")
    return Ran(float(seconds[1]), json.dumps(results[-1]["summary"]), ended.wall, ended.processor)


def recce_artifacts(bench: Bench, command: Path) -> None:
    """The manifests and catalogs of both sides, which Recce reads, written by the dbt that it is installed with."""
    dbt = str(command.with_name("dbt"))
    for target, folder in (("base", "target-base"), ("head", "target")):
        bench.process([dbt, "docs", "generate", "--profiles-dir", ".", "--target", target, "--target-path", folder])


def reladiff(bench: Bench, command: Path) -> Ran:
    """Reladiff's join of two tables in one database, its counts printed instead of each difference."""
    words = [str(command), "-a", "joindiff", f"duckdb://{DATABASE}@{bench.file}", "base.orders", "head.orders"]
    words += ["-k", KEY, *(word for name in COLUMNS if name != KEY for word in ("-c", name)), "--stats"]
    ended = bench.process(words)
    return Ran(ended.wall, " ".join(ended.out.split())[:200], ended.wall, ended.processor)


# Left alone, the package writes a `count(distinct a, b) over` that DuckDB refuses; it has a way for such databases.
FALLBACK = """{% macro duckdb___count_num_rows_in_status() %}
    {{ audit_helper._count_num_rows_in_status_without_distinct_window_func() }}
{% endmacro %}
"""
AUDITS = {
    "compare_relations": "audit_helper.compare_relations(a, b, primary_key=key)",
    "compare_all_columns": "audit_helper.compare_all_columns(a, b, primary_key=key)",
    "compare_which_relation_columns_differ": "audit_helper.compare_which_relation_columns_differ(a, b, [key])",
    "compare_and_classify_relation_rows": "audit_helper.compare_and_classify_relation_rows(a, b, [key])",
}


def audit_queries(bench: Bench, packages: dict[str, Path]) -> dict[str, str]:
    """Dbt-audit-helper's queries as dbt renders them; `packages`: folders of it and of dbt_utils, by their names."""
    for name, package in packages.items():
        # Where `dbt deps` would put it; that would ask a registry for what the package needs.
        installed = bench.folder / "dbt_packages" / name
        installed.parent.mkdir(exist_ok=True)
        if not installed.exists():
            installed.symlink_to(package.resolve())
    bench.write("macros/fallback.sql", FALLBACK)
    for name, call in AUDITS.items():
        relations = "".join(
            f"{{% set {side} = api.Relation.create(database='{DATABASE}', schema='{schema}', identifier='orders') %}}"
            for side, schema in (("a", "base"), ("b", "head"))
        )
        bench.write(f"analyses/{name}.sql", f"{relations}{{% set key = '{KEY}' %}}{{{{ {call} }}}}")
    dbt = os.fspath(Path(sys.executable).with_name("dbt"))
    bench.process([dbt, "compile", "--profiles-dir", ".", "--target-path", "target-audit"])
    compiled = bench.folder / "target-audit" / "compiled" / "orders" / "analyses"
    return {name: (compiled / f"{name}.sql").read_text(encoding="utf-8") for name in AUDITS}
