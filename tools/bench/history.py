"""What recording costs, and what a long history takes to write, store and read.

python -m bench.history build [MODELS]     one build: the share of it that is spent on recording
python -m bench.history long [INVOCATIONS] [NODES]
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
import time
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from bench.projects import generate
from dataops.history import files, journals, upkeep
from dataops.history.journals import Journal
from dataops.history.reader import last, reading
from dataops.history.records import Invocation, Record, Relation, Result
from dataops.store.location import Location

START = datetime(2026, 3, 1)
QUERIES = {
    "last 20 invocations": "",
    "latest result of every test": "select unique_id, arg_max(status, started_at) from tests group by unique_id",
    "failures a day": "select started_at::date, count(*) from tests where status = 'fail' group by 1",
    "one node's run times": "select started_at, seconds from results where unique_id = 'model.shop.m0042' order by 1",
    "mean time of every model": "select unique_id, avg(seconds) from results where kind = 'model' group by 1",
    "nodes of the last invocation": (
        "select * from results where invocation_id = (select max_by(invocation_id, started_at) from invocations)"
    ),
}


def build(models: int) -> None:
    """A build of a generated project in this process. What the recorder takes is measured within the same run.

    CPU of the whole process, the import of dbt and the parse among it, as a command has them.
    """
    from rich.console import Console

    from dataops import config
    from dataops.history import recorder
    from dataops.project.session import Options, Project
    from dataops.release import build

    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder), models)
        spent: dict[str, float] = {}
        for name in ("began", "happened", "ended", "close", "recover"):
            _timed(recorder.Recorder, name, spent)
        project = Project(Options(project_dir=Path(folder)))
        with project.entered():
            with recorder.recorded(project, config.Settings(), "build"):
                built = build.build(project, config.Settings(), [], [], False, Console(file=io.StringIO()))
            cpu = time.process_time()
        stored = sum(path.stat().st_size for path in (Path(folder) / ".dataops").rglob("*.parquet"))
    took = sum(spent.values())
    nodes = len(built.outcome.results)
    print(f"{nodes:,} nodes: {cpu:.2f} s of CPU, of which recording {took:.2f} s, {took / cpu:.2%}")
    print(f"  {', '.join(f'{name} {each:.3f} s' for name, each in spent.items())}; {stored:,} bytes stored")


def _timed(owner: Any, name: str, spent: dict[str, float]) -> None:
    """Add up a method's seconds of CPU in its own thread: waiting for another thread or process takes none."""
    method = getattr(owner, name)

    def timed(*words: Any) -> Any:
        started = time.thread_time()
        try:
            return method(*words)
        finally:
            spent[name] = spent.get(name, 0.0) + time.thread_time() - started

    setattr(owner, name, timed)


def long(invocations: int, nodes: int) -> None:
    """A history of so many invocations, hourly; the first is written as a run does, the others are made of it."""
    with tempfile.TemporaryDirectory() as name:
        root = Path(name)
        state = str(root / "state")
        dice = random.Random(7)
        journal = Journal(root / "journal", "run-0")
        started = time.perf_counter()
        for record in _records("run-0", START, nodes, dice):
            journal.add(record)
        journalled = time.perf_counter() - started
        size = journal.path.stat().st_size
        started = time.perf_counter()
        journals.finish(Location(state), journal)
        took = time.perf_counter() - started
        print(f"journal of {nodes:,} results: {journalled:.2f} s, {size:,} bytes; stored: {took:.2f} s")
        _copied(state, root, invocations)
        _read(state, root)
        started = time.perf_counter()
        upkeep.compact(state, root / "work")
        print(f"compact: {time.perf_counter() - started:.1f} s")
        upkeep.compact(state, root / "work", timedelta())
        _read(state, root)


def _records(identity: str, started: datetime, nodes: int, dice: random.Random) -> list[Record]:
    ended = started + timedelta(minutes=20)
    made: list[Record] = [Invocation(identity, "build", "failed", "dataops", started, ended, 1200.0, target="prod")]
    for number in range(nodes):
        model, seconds = f"m{number // 6:04d}", dice.expovariate(1.0)
        common = {"started_at": started, "finished_at": started, "seconds": seconds, "thread": "Thread-1"}
        common |= {"file": f"models/layer/{model}.yml", "package": "shop", "tags": ("nightly",), "owners": ("team",)}
        if number % 6:
            status = "fail" if dice.random() < 0.001 else "pass"
            test = f"unique_{model}_column_{number % 6}"
            made.append(
                Result(
                    identity, f"test.shop.{test}.{number:010x}", test, "test", status, failures=0, severity="error",
                    tested=f"model.shop.{model}", column_name=f"column_{number % 6}", test_name="unique",
                    test_type="generic", **common,
                )
            )  # fmt: skip
        else:
            made.append(
                Result(identity, f"model.shop.{model}", model, "model", "success", message="OK", rows_affected=number,
                       database="prod", schema="main", identifier=model, materialized="table", **common)
            )  # fmt: skip
            columns = tuple(f"column_{each}" for each in range(20))
            made.append(Relation(identity, f"model.shop.{model}", f"prod.main.{model}", columns, ("VARCHAR",) * 20))
    return made


def _copied(state: str, root: Path, invocations: int) -> None:
    """The first invocation under other names, at other times and with other run times."""
    (source,) = (root / "state" / "history" / "v1").iterdir()
    with files.connect() as connection:
        for number in range(1, invocations):
            identity, moved = f"run-{number}", timedelta(hours=number)
            renamed = f"select kind, {_moved('invocation', identity, number)}, {_moved('result', identity, number)},"
            renamed += f" sample, point, freshness, {_moved('relation', identity, None)} from '{source}'"
            stem = f"{START + moved:%Y%m%dT%H%M%S%f}Z-{identity}"
            files.write(connection, Location(state), f"from ({renamed})", stem, [identity], [], root / "copied")
    folder = list((root / "state" / "history" / "v1").iterdir())
    print(f"{len(folder):,} files, {sum(path.stat().st_size for path in folder) / 1e6:,.0f} MB")


def _moved(kind: str, identity: str, hours: int | None) -> str:
    others = f", started_at := {kind}.started_at + interval {hours} hour" if hours is not None else ""
    others += ", seconds := random() * 3" if kind == "result" else ""
    return f"case when kind = '{kind}' then struct_update({kind}, invocation_id := '{identity}'{others}) end as {kind}"


def _read(state: str, root: Path) -> None:
    started = time.perf_counter()
    with reading(state, root) as history:
        print(f"open: {time.perf_counter() - started:.2f} s")
        for title, sql in QUERIES.items():
            started = time.perf_counter()
            rows = len(history.connection.execute(sql).fetchall() if sql else last(history, 20))
            print(f"  {title}: {time.perf_counter() - started:.2f} s, {rows:,} rows")


if __name__ == "__main__":
    with suppress(KeyboardInterrupt):
        given = [int(word) for word in sys.argv[2:]]
        {"build": lambda: build(*(given or [100])), "long": lambda: long(*(given or [720, 6000]))}[sys.argv[1]]()
