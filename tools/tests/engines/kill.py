"""Runs a command in a folder and kills it, as `kill -9` does, at the point that is named.

python -m tests.engines.kill    answers each line `ENGINE<tab>POINT<tab>FOLDER<tab>COMMAND` with a process's exit
                                code; without a command, when it is ready
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dataops.cli import main
from dataops.engines.duckdb import candidate, database, records
from dataops.engines.duckdb.engine import DuckDB
from dataops.engines.postgres import candidate as postgres
from dataops.engines.postgres import exchange, publication, waiting
from dataops.engines.postgres.engine import Postgres
from dataops.engines.postgres.journal import Journal
from dataops.engines.spark.engine import Spark
from dataops.engines.spark.session import Session
from dataops.engines.views import candidate as views
from dataops.engines.views.journal import Journal as Records
from dataops.project.session import Project
from dataops.store import location, state
from tests.engines.subjects import SUBJECTS
from tests.shop import Shop

# The steps of every engine's deploy: whether the release is published when the process is killed right after each.
POINTS = {
    "begun": False,
    "building": False,
    "built": False,
    "bundle written": False,
    "recorded": False,
    "pointed": True,
    "published": True,
}

ALIKE = {"building", "bundle written", "published", "compared", "moved", "copied", "announced", "all shown", "written"}
"""What a kill there leaves is no more than what one elsewhere leaves: the next deploy is tried after that one."""


def _die(*_: object, **__: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _after(owner: Any, name: str, when: Callable[..., bool] = lambda *_: True) -> None:
    original = getattr(owner, name)

    def patched(*words: Any, **others: Any) -> Any:
        result = original(*words, **others)
        if when(*words):
            _die()
        return result

    setattr(owner, name, patched)


def _second_time() -> Callable[..., bool]:
    calls = iter((False, True))
    return lambda *_: next(calls)


def _half(source: Path, place: Path) -> None:
    """A copy that does not get further than its first half."""
    content = Path(source).read_bytes()
    Path(place).write_bytes(content[: len(content) // 2])
    _die()


def _copy_half() -> None:
    shutil.copyfile = _half  # type: ignore[assignment]


def _build_some() -> None:
    run = Project.run

    def watched(self: Project, command: str, target: Any, manifest: Any, arguments: Any, *_: Any) -> Any:
        seen: list[str] = []

        def count(event: Any) -> None:
            if event.info.name == "NodeFinished":
                seen.append(event.info.name)
                if len(seen) == 2:
                    _die()

        return run(self, command, target, manifest, arguments, count)

    Project.run = watched  # type: ignore[method-assign]


ARM: dict[str, Callable[[], None]] = {
    "building": _build_some,
    "built": lambda: _after(Project, "run"),
    "bundle written": lambda: _after(location.Location, "write", lambda _, name, __: name.endswith(".zip")),
    "recorded": lambda: _after(state.State, "record"),
    "pointed": lambda: _after(state.State, "point"),
}

# What only an engine has: its own steps, and its parts under the names of the protocol.
OWN: dict[str, dict[str, Callable[[], None]]] = {
    "duckdb": {
        "begun": lambda: _after(DuckDB, "candidate"),
        "copying": _copy_half,
        "checkpointed": lambda: _after(database, "checkpoint"),
        "kept": lambda: _after(database, "keep"),
        "pending": lambda: _after(records, "write", lambda path, _: path.name == "pending.json"),
        "renamed": lambda: _after(database, "rename", lambda _, place, *__: place.suffix == ".duckdb"),
        "published": lambda: _after(candidate.Candidate, "publish"),
        "waits": lambda: _after(candidate.Candidate, "wait"),
        "taken": lambda: _after(records, "write", lambda path, _: path.name == "pending.json"),
        "reopened": lambda: _after(DuckDB, "reopen"),
    },
    "postgres": {
        "begun": lambda: _after(Postgres, "candidate"),
        "compared": lambda: _after(publication, "_refuse_changed"),
        "moved": lambda: _after(exchange, "_move"),
        "said": lambda: _after(Journal, "publish"),
        "committed": lambda: _after(publication, "perform"),
        "published": lambda: _after(postgres.Candidate, "publish"),
        "waits": lambda: _after(postgres.Candidate, "wait"),
        "taken": lambda: _after(waiting.Upcoming, "__init__"),
        "reopened": lambda: _after(Postgres, "reopen"),
    },
    "spark": {
        "begun": lambda: _after(Spark, "candidate"),
        "copied": lambda: _after(Session, "copy"),
        "announced": lambda: _after(Records, "set_pending"),
        "one shown": lambda: _after(Session, "run", lambda _, sql, *__: sql.startswith("alter view `live`.")),
        # What is superseded is kept before the first view is led elsewhere, and what is new after the last.
        "all shown": lambda: _after(Records, "keep", _second_time()),
        "written": lambda: _after(Records, "set_live"),
        "published": lambda: _after(views.Candidate, "publish"),
        "waits": lambda: _after(views.Candidate, "wait"),
        "taken": lambda: _after(state.State, "announce"),
    },
}


def _run(engine: str, point: str, folder: str, command: str) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    os.chdir(folder)
    {**ARM, **OWN[engine]}[point]()
    main(command.split())


def _deploy_elsewhere(engine: str, folder: str) -> None:
    """Deploy a copy: the first deploy of a process takes seconds more than the next ones."""
    with tempfile.TemporaryDirectory() as place:
        shop = Shop(Path(folder), Path(folder))
        SUBJECTS[engine].copied(shop, Path(place) / "copy").run("deploy")
        SUBJECTS[engine].reset(shop)
    assert threading.active_count() == 1, "a process with threads cannot be forked"


def _serve() -> None:
    """Fork for each line: so dbt is imported, and warm, once and not once a kill."""
    warm = False
    for line in sys.stdin:
        engine, point, folder, command = line.rstrip("\n").split("\t")
        if not warm:
            _deploy_elsewhere(engine, folder)
            warm = True
        if not command:
            print(0, flush=True)
            continue
        child = os.fork()
        if child == 0:
            try:
                _run(engine, point, folder, command)
            finally:
                traceback.print_exc()
                os._exit(1)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _serve()
