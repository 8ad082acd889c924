"""Open warehouses of dbt projects that have nothing but a profile."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from dataops.project.profiles import Target
from dataops.project.session import Options, Project
from dataops.warehouse import Warehouse, connect
from tests.shop import dump


@contextmanager
def opened(folder: Path, target: dict[str, Any]) -> Iterator[Warehouse]:
    """The warehouse of one target."""
    folder.joinpath("dbt_project.yml").write_text("name: random\nprofile: random\n", encoding="utf-8")
    profile = {"random": {"target": "only", "outputs": {"only": target}}}
    folder.joinpath("profiles.yml").write_text(dump(profile), encoding="utf-8")
    project = Project(Options(project_dir=folder))
    place = Target("only", folder)
    with project.entered(), connect(project, place, project.parse(place).manifest) as warehouse:
        yield warehouse
