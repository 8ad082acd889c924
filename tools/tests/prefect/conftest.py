"""One server and one worker for all tests of this folder; each has a project of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.prefect.stage import Stage, staged


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    place: Path = tmp_path_factory.mktemp("prefect") / "home"
    with staged(place) as found:
        yield found
