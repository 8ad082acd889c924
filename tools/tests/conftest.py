"""Fixtures: the shop, not yet released and released once. Each test works on a copy of its own.

`built` is the project of this repository, released once and only read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from dbt_common.tests import enable_test_caching
from filelock import FileLock
from hypothesis import settings

from tests import postgres
from tests.applications.sample import Released
from tests.browsing import CHROMIUM
from tests.shop import Shop, copied, lay_out

# The same examples on every run, however slow the machine is; EXAMPLES=2000 tries others, and more of them.
EXAMPLES = os.environ.get("EXAMPLES")
settings.register_profile("suite", deadline=None, derandomize=not EXAMPLES, max_examples=int(EXAMPLES or 60))
settings.load_profile("suite")

# A project that is new to dbt costs two seconds, nearly all of them to read dbt's own macros again. dbt has this for
# its own tests: a process reads the same text once.
enable_test_caching()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files with a test that waits for the released project come first, so that one worker has them and the other never
    waits. The whole file, or the other worker would make what its tests share once more.
    """
    waiting = {item.path for item in items if "built" in getattr(item, "fixturenames", ())}
    items.sort(key=lambda item: item.path not in waiting)
    for item in items:
        # An orchestrator is started once: `make orchestrators` gives each a worker of its own.
        if item.path.parent.name in ("airflow", "prefect"):
            item.add_marker(pytest.mark.xdist_group(item.path.parent.name))


@pytest.fixture(scope="session", autouse=True)
def _surroundings() -> Iterator[None]:
    """git and dbt as on a machine that nobody has configured, and that is no job of anybody's CI."""
    patch = pytest.MonkeyPatch()
    for name in ("AUTHOR", "COMMITTER"):
        patch.setenv(f"GIT_{name}_NAME", "Tester")
        patch.setenv(f"GIT_{name}_EMAIL", "tester@example.com")
    patch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    patch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    for name in [name for name in os.environ if name.startswith(("DBT_", "GITHUB_", "GITLAB_", "CI_", "GH_"))]:
        patch.delenv(name)
    yield
    patch.undo()
    postgres.stop()


@pytest.fixture(autouse=True)
def _own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever a test does to the working directory ends with it."""
    monkeypatch.chdir(tmp_path)


def once(factory: pytest.TempPathFactory, worker: str, name: str, make: Callable[[Path], object]) -> Path:
    """What `make` writes, made by whichever worker comes first."""
    shared = factory.getbasetemp() if worker == "master" else factory.getbasetemp().parent
    place = shared / name
    with FileLock(shared / f"{name}.lock"):
        if not (shared / f"{name}.done").exists():
            make(place)
            (shared / f"{name}.done").touch()
    return place


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """A Chromium, for tests that are skipped without one."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


@pytest.fixture(scope="session")
def worker() -> str:
    """The xdist worker, `master` without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "master")


@pytest.fixture(scope="session")
def _fresh(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Shop:
    def make(place: Path) -> None:
        shop = lay_out(place)
        project = shop.project()
        targets = shop.targets(project)
        with project.entered():
            # From nothing that takes seconds, which each test would spend again.
            project.parse(targets.production)
            project.parse(targets.parsing)

    place = once(tmp_path_factory, worker, "fresh", make)
    return Shop(place, place)


@pytest.fixture(scope="session")
def _released(tmp_path_factory: pytest.TempPathFactory, worker: str, _fresh: Shop) -> Shop:
    def make(place: Path) -> None:
        copied(_fresh, place).ok("deploy")

    place = once(tmp_path_factory, worker, "released", make)
    return Shop(place, place)


@pytest.fixture(scope="session")
def _editions(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Shop:
    def make(place: Path) -> None:
        lay_out(place, project="editions").ok("deploy")

    place = once(tmp_path_factory, worker, "editions", make)
    return Shop(place, place)


@pytest.fixture
def fresh(_fresh: Shop, tmp_path: Path) -> Shop:
    """The shop before its first release, parsed before; production's file holds source data only."""
    return copied(_fresh, tmp_path / "shop")


@pytest.fixture
def shop(_released: Shop, tmp_path: Path) -> Shop:
    """The shop with one release, the edition 1."""
    return copied(_released, tmp_path / "shop")


@pytest.fixture
def editions(_editions: Shop, tmp_path: Path) -> Shop:
    """Three models and a test with one release, the edition 1: for tests that deploy again and again."""
    return copied(_editions, tmp_path / "editions")


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Released:
    """This repository's own project after `dataops deploy`. Read it; never write to it."""

    def make(place: Path) -> None:
        Released.of(place).dataops("deploy")

    return Released(once(tmp_path_factory, worker, "sample", make))
