"""A production on each engine under test: released once, and a copy of it for each test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.conftest import once
from tests.engines.subject import Production, Subject
from tests.engines.subjects import STARTED, SUBJECTS
from tests.shop import Shop

TOOLS = Path(__file__).parents[2]

Killed = Callable[..., int]


@pytest.fixture(scope="session", params=STARTED)
def subject(request: pytest.FixtureRequest) -> Subject:
    """Each engine in turn."""
    return SUBJECTS[str(request.param)]


@pytest.fixture(autouse=True)
def _possible(request: pytest.FixtureRequest) -> None:
    """Leaves out what an engine cannot do, with why: docs/engines.md says the same."""
    if "subject" in request.fixturenames:
        name, case = request.node.originalname, request.node.callspec.params.get("what")
        subject: Subject = request.getfixturevalue("subject")
        reason = subject.excluded.get(name) or subject.excluded.get(f"{name}[{case}]")
        if reason is not None:
            pytest.skip(f"not on {subject.name}: {reason}")


@pytest.fixture(scope="session")
def _begun(subject: Subject, tmp_path_factory: pytest.TempPathFactory, worker: str) -> Shop:
    def make(place: Path) -> None:
        shop = subject.lay_out(place)
        project = shop.project()
        with project.entered():
            project.parse(shop.targets(project).production)

        subject.keep(shop)

    place = once(tmp_path_factory, worker, _name("begun", subject, worker), make)
    return Shop(place, place)


@pytest.fixture(scope="session")
def _once(subject: Subject, _begun: Shop, tmp_path_factory: pytest.TempPathFactory, worker: str) -> Shop:
    def make(place: Path) -> None:
        shop = subject.copied(_begun, place)
        shop.ok("deploy")
        subject.keep(shop)

    place = once(tmp_path_factory, worker, _name("once", subject, worker), make)
    return Shop(place, place)


def _name(what: str, subject: Subject, worker: str) -> str:
    return f"{what}-{subject.name}" if subject.shared else f"{what}-{subject.name}-{worker}"


@pytest.fixture
def empty(subject: Subject, _begun: Shop, tmp_path: Path) -> Production:
    """The project before anything was built."""
    return Production(subject, subject.copied(_begun, tmp_path / "releases"))


@pytest.fixture
def production(subject: Subject, _once: Shop, tmp_path: Path) -> Production:
    """The project with one release, the edition 1."""
    return Production(subject, subject.copied(_once, tmp_path / "releases"))


@pytest.fixture(scope="session")
def _server_of_kills() -> Iterator[Callable[..., int]]:
    """One for all engines: to import dbt and to deploy for the first time takes seconds."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.engines.kill"],
        # dbt's static parser keeps threads, which a fork has not: the child would wait for them for ever.
        env={**os.environ, "PYTHONPATH": str(TOOLS), "DBT_STATIC_PARSER": "false"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        asked, answered = process.stdin, process.stdout
        assert asked is not None
        assert answered is not None

        def ask(*words: str) -> int:
            print(*words, sep="\t", file=asked, flush=True)
            return int(answered.readline())

        yield ask
        asked.close()


@pytest.fixture
def killed(subject: Subject, production: Production, _server_of_kills: Callable[..., int]) -> Killed:
    """Runs a command in a folder until a point; the exit code."""
    # What makes it ready puts a shared production back: not after the test has begun.
    _server_of_kills(subject.name, "", str(production.shop.root), "")
    return lambda point, folder, command="deploy": _server_of_kills(subject.name, point, str(folder), command)
