"""Fixtures: the shop, not yet released and released once. Each test works on a copy of its own."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings

from tests.shop import Shop, copied, lay_out

# The same examples on every run, however slow the machine is.
settings.register_profile("suite", deadline=None, derandomize=True, max_examples=200)
settings.load_profile("suite")


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
def worker() -> str:
    """The xdist worker, `master` without xdist."""
    return os.environ.get("PYTEST_XDIST_WORKER", "master")


@pytest.fixture(scope="session")
def _fresh(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Shop:
    place = once(tmp_path_factory, worker, "fresh", lay_out)
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
    """The shop before its first release; production's file holds source data only."""
    return copied(_fresh, tmp_path / "shop")


@pytest.fixture
def shop(_released: Shop, tmp_path: Path) -> Shop:
    """The shop with one release, the edition 1."""
    return copied(_released, tmp_path / "shop")


@pytest.fixture
def editions(_editions: Shop, tmp_path: Path) -> Shop:
    """Three models and a test with one release, the edition 1: for tests that deploy again and again."""
    return copied(_editions, tmp_path / "editions")
