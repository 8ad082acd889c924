"""The project, released once for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.applications.sample import Released
from tests.conftest import once


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Released:
    """The whole project after `dataops deploy`. Read it; never write to it."""

    def make(place: Path) -> None:
        Released.of(place).run("dataops", "deploy")

    return Released(once(tmp_path_factory, worker, "sample", make))
