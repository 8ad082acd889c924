"""A generated project that looks released, without the hours that dbt takes to build 20,000 models.

Production's file is filled by DuckDB with what dbt would run, since the generator's SQL is known. The release is packed
from a parse by the function that `deploy` packs with; only the results of its run are missing.
"""

from __future__ import annotations

import re
from pathlib import Path
from types import MappingProxyType

import duckdb

from dataops import config
from dataops.engines.registry import resolve
from dataops.environment import git
from dataops.project import baseline
from dataops.project.session import Options, Project
from dataops.release import deploy
from dataops.release.held import Held
from dataops.store.record import Release
from dataops.store.state import State

RELEASE = "20260301T060000Z-0a1b2c"
_REF = re.compile(r"\{\{ ref\('(\w+)'\) \}\}")
_ROUNDED = re.compile(r"\{\{ rounded\('([^']*)'\) \}\}")


def release(folder: Path) -> None:
    """Build production in `folder`, a generated project, and store the release of it."""
    sql = {file.stem: _compiled(file.read_text()) for file in sorted((folder / "models").rglob("*.sql"))}
    _build(folder, sql)
    project = Project(Options(project_dir=folder))
    with project.entered():
        settings = config.load(project.root)
        targets = resolve(project, settings, None)
        head = project.parse(targets.production)
        for node in head.manifest.nodes.values():
            if node.name in sql:
                node.compiled, node.compiled_code = True, sql[node.name]
        written = project.root / deploy.FOLDER
        written.mkdir(parents=True)
        head.manifest.write(str(written / baseline.MANIFEST))
        project.document(targets.production, head.manifest, deploy.FOLDER)
        bundle = deploy.bundle(project, targets, head, Held(frozenset(), None, MappingProxyType({})))
        state = State(settings.state)
        version = str(head.manifest.metadata.dbt_version)
        moment = "2026-03-01T06:00:00.000000Z"
        revision = git.revision(folder)
        made = Release(RELEASE, moment, "deploy", revision, "bench", "duckdb", version, None, len(sql), 0, 0)
        state.record(made, bundle)
        state.point(RELEASE)


def _compiled(text: str) -> str:
    return _ROUNDED.sub(r"round(\1, 2)", _REF.sub(r'"prod"."main"."\1"', text))


def _build(folder: Path, sql: dict[str, str]) -> None:
    with duckdb.connect(str(folder / "prod.duckdb")) as connection:
        for file in sorted((folder / "seeds").glob("*.csv")):
            connection.execute(f"create table main.{file.stem} as from read_csv('{file}')")
        for name, query in sql.items():
            kind = "view" if name.startswith("m0_") else "table"
            connection.execute(f"create {kind} main.{name} as {query}")
