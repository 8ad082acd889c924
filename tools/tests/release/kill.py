"""Runs `dataops deploy` in a folder and kills it, as `kill -9` does, at the point that is named.

python -m tests.release.kill    answers each line `POINT<tab>FOLDER` with the exit code of a process of its own
"""

from __future__ import annotations

import contextlib
import io
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
from dataops.engines.duckdb import database, records, store
from dataops.project.session import Project
from dataops.store import location, state

# Whether the rename that publishes has happened when the process is killed at each point.
POINTS = {
    "copying": False,
    "copied": False,
    "building": False,
    "built": False,
    "bundle written": False,
    "recorded": False,
    "checkpointed": False,
    "kept": False,
    "pending": False,
    "renamed": True,
    "pointed": True,
    "settled": True,
}


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


def _half(source: Path, place: Path) -> None:
    """A copy that does not get further than its first half."""
    content = Path(source).read_bytes()
    Path(place).write_bytes(content[: len(content) // 2])
    _die()


def _copy_half() -> None:
    shutil.copyfile = _half  # type: ignore[assignment]


def _build_some() -> None:
    run = Project.run

    def watched(self: Project, command: str, target: Any, manifest: Any, arguments: Any, _: Any) -> Any:
        seen: list[str] = []

        def count(event: Any) -> None:
            if event.info.name == "NodeFinished":
                seen.append(event.info.name)
                if len(seen) == 2:
                    _die()

        return run(self, command, target, manifest, arguments, count)

    Project.run = watched  # type: ignore[method-assign]


ARM: dict[str, Callable[[], None]] = {
    "copying": _copy_half,
    "copied": lambda: _after(store.Store, "copy_production"),
    "building": _build_some,
    "built": lambda: _after(Project, "run"),
    "bundle written": lambda: _after(location.Location, "write", lambda _, name, __: name.endswith(".zip")),
    "recorded": lambda: _after(state.State, "record"),
    "checkpointed": lambda: _after(database, "checkpoint"),
    "kept": lambda: _after(database, "keep"),
    "pending": lambda: _after(records, "write"),
    "renamed": lambda: _after(database, "rename", lambda _, place, *__: place.suffix == ".duckdb"),
    "pointed": lambda: _after(state.State, "point"),
    "settled": lambda: _after(store.Store, "_replace"),
}


def _deploy(point: str, folder: str) -> None:
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    os.chdir(folder)
    ARM[point]()
    main(["deploy"])


def _deploy_elsewhere(folder: str) -> None:
    """Deploy a copy of a folder: the first deploy of a process takes seconds more than the next ones."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as place, contextlib.redirect_stdout(io.StringIO()):
        os.chdir(shutil.copytree(folder, Path(place) / "copy"))
        with contextlib.suppress(SystemExit):
            main(["deploy"])
        os.chdir(before)
    assert threading.active_count() == 1, "a process with threads cannot be forked"


def _serve() -> None:
    """Fork for each line: so dbt is imported, and warm, once and not once a kill."""
    warm = False
    for line in sys.stdin:
        if not warm:
            _deploy_elsewhere(line.rstrip("\n").split("\t")[1])
            warm = True
        child = os.fork()
        if child == 0:
            try:
                _deploy(*line.rstrip("\n").split("\t"))
            finally:
                traceback.print_exc()
                os._exit(1)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    _serve()
