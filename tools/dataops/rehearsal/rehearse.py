"""`engine rehearse`: a production of its own beside the user's, taken through every promise, and removed."""

from __future__ import annotations

import os
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone
from importlib.metadata import version
from pathlib import Path

from dataops import __version__
from dataops.engines.engine import Engine
from dataops.errors import DataopsError, WarehouseError
from dataops.project.session import Project
from dataops.project.targets import Targets
from dataops.rehearsal import play
from dataops.rehearsal.checks import CHECKS, ELSEWHERE, Check
from dataops.rehearsal.finding import BrokenError, Finding, Rehearsal, UntriedError
from dataops.rehearsal.stage import Stage
from dataops.warehouse import connect

_NAME = re.compile(rf"{play.NAME}_[0-9a-f]{{6}}", re.IGNORECASE)
_PROCESS = "process"

Tell = Callable[[str], None]
"""Hears which promise is tried next."""


def new_name() -> str:
    """What everything of a rehearsal begins with."""
    return f"{play.NAME}_{secrets.token_hex(3)}"


def rehearse(project: Project, targets: Targets, engine: Engine, name: str, tell: Tell = lambda _: None) -> Rehearsal:
    """Try every promise; nothing of it is left afterwards, however it ends.

    Raises:
        DataopsError: not even a first release could be tried.
    """
    engine.ensure_releases()
    with _staged(project, targets, engine, name) as stage, stage.project.entered():
        stage.parse()
        findings = tuple(_findings(stage, tell))
    return Rehearsal(
        engine=engine.capabilities.engine,
        adapter=targets.adapter,
        adapter_version=version(f"dbt-{targets.adapter}"),
        version=__version__,
        target=targets.production.name,
        at=f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%SZ}",
        findings=(*findings, *(Finding(promise, "not tried", why) for promise, why in ELSEWHERE.items())),
    )


def _findings(stage: Stage, tell: Tell) -> Iterator[Finding]:
    spoilt = ""
    for number, (promise, check) in enumerate(CHECKS.items()):
        tell(promise)
        if spoilt:
            yield Finding(promise, "not tried", spoilt)
            continue
        found = _tried(stage, promise, check, first=number == 0)
        yield found
        if found.verdict == "broken":
            spoilt = _spoilt(stage, promise)


def _tried(stage: Stage, promise: str, check: Check, first: bool) -> Finding:
    try:
        return Finding(promise, "held", check(stage))
    except UntriedError as why:
        return Finding(promise, "not tried", str(why))
    except BrokenError as seen:
        return Finding(promise, "broken", " ".join(str(seen).split()))
    except DataopsError as error:
        if first:
            raise
        return Finding(promise, "broken", f"{error.message} ({error.remedy})")


def _spoilt(stage: Stage, promise: str) -> str:
    """Why nothing more can be tried after a promise was broken; empty where production can be made whole."""
    try:
        edition = stage.released()
        if stage.edition() == stage.live() == edition:
            return ""
    except (BrokenError, DataopsError):
        pass
    return f"production was not whole after `{promise}`"


@contextmanager
def _staged(project: Project, targets: Targets, engine: Engine, name: str) -> Iterator[Stage]:
    folder = _folders() / name
    folder.mkdir(mode=0o700)
    (folder / _PROCESS).write_text(str(os.getpid()), encoding="utf-8")
    stage = None
    try:
        stage = Stage.lay_out(folder, name, engine, project, targets.production)
        yield stage
    finally:
        try:
            if stage is not None:
                stage.remove()
        except DataopsError as error:
            raise WarehouseError(
                f"what the rehearsal {name} made could not be dropped: {error.message}",
                f"{error.remedy}; then `dataops engine rehearse --clean` drops it",
            ) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def clean(project: Project, targets: Targets, engine: Engine) -> list[str]:
    """Remove what rehearsals left that were killed, but nothing of those that run on this machine; their names."""
    engine.ensure_releases()
    folders = [each for each in _folders().iterdir() if _NAME.fullmatch(each.name)]
    running = {each.name for each in folders if _runs(each)}
    left = {each.name for each in folders if each.stat().st_uid == os.getuid()} - running
    name = new_name()
    with _staged(project, targets, engine, name) as stage, stage.project.entered():
        manifest = stage.parse()
        with connect(stage.project, stage.targets.production, manifest) as warehouse:
            found = (_NAME.match(each) for each in warehouse.schemas(stage.places[play.TABLE].database))
            left |= {each.group().lower() for each in found if each} - running - {name}
    for each in sorted(left):
        shutil.rmtree(_folders() / each, ignore_errors=True)
        with _staged(project, targets, engine, each):
            pass
    return sorted(left)


def _folders() -> Path:
    return Path(tempfile.gettempdir()).resolve()


def _runs(folder: Path) -> bool:
    """Whether the process that made a folder is there still."""
    try:
        os.kill(int((folder / _PROCESS).read_text(encoding="utf-8")), 0)
    except PermissionError:
        return True
    except (OSError, ValueError):
        return False
    return True
