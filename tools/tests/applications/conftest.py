"""The project, built and tested once for all tests that only read it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.applications.sample import Copy
from tests.conftest import once


@pytest.fixture(scope="session")
def built(tmp_path_factory: pytest.TempPathFactory, worker: str) -> Copy:
    """The whole project after `dbt build`. Read it; never write to it."""

    def make(place: Path) -> None:
        Copy.of(place).dbt("build")

    return Copy(once(tmp_path_factory, worker, "sample", make))
