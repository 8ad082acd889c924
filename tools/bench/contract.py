"""What `contract check` takes beside a parse, on a project of 1,000 models of which every tenth has a contract.

    python -m bench.contract [--models 1000]

in `tools`. Processor seconds, median of three.
"""

from __future__ import annotations

import argparse
import datetime
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dataops.contract.comparing import Comparing
from dataops.contract.terms import terms
from dataops.project.session import Options, Project


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as place:
        project = _project(Path(place), given.models)
        target = project.profile.target("dev")
        project.parse(target)
        parsing = _seconds(lambda: Project(Options(project_dir=Path(place))).parse(target))
        manifest = project.parse(target).manifest
        comparing = Comparing("duckdb", datetime.date(2026, 1, 1), lambda *_: 1)
        found: list[Any] = []

        def check() -> None:
            before, after = terms(manifest, "many"), terms(manifest, "many")
            found[:] = comparing.compare(before, after, ())

        print(f"{given.models:,} models, {given.models // 10:,} contracts of eleven columns")
        print(f"  {'warm parse':34} {parsing:6.2f}")
        print(f"  {'contracts of base and head, compared':34} {_seconds(check):6.3f}")


def _seconds(work: Callable[[], object]) -> float:
    took = []
    for _ in range(3):
        started = time.process_time()
        work()
        took.append(time.process_time() - started)
    return statistics.median(took)


def _project(root: Path, models: int) -> Project:
    (root / "models").mkdir()
    (root / "dbt_project.yml").write_text("name: many\nprofile: many\nversion: '1.0'\n")
    (root / "profiles.yml").write_text("many: {target: dev, outputs: {dev: {type: duckdb, path: dev.duckdb}}}\n")
    lines = ["models:"]
    for number in range(models):
        (root / "models" / f"m{number}.sql").write_text("select 1 as id\n")
        lines.append(f"  - name: m{number}")
        if number % 10 == 0:
            lines += ["    config: {contract: {enforced: true}}", "    columns:"]
            lines += [f"      - {{name: c{each}, data_type: 'decimal(18, {each})'}}" for each in range(11)]
    (root / "models" / "models.yml").write_text("\n".join(lines) + "\n")
    return Project(Options(project_dir=root))


if __name__ == "__main__":
    main()
