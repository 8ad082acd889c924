"""Which engine serves a production."""

from __future__ import annotations

from dataops.config import Settings
from dataops.engines.bigquery.engine import BigQuery
from dataops.engines.databricks.engine import Databricks
from dataops.engines.duckdb import targets as files
from dataops.engines.duckdb.engine import DuckDB
from dataops.engines.engine import Engine
from dataops.engines.snowflake.engine import Snowflake
from dataops.engines.spark.engine import Spark
from dataops.engines.trino.engine import Trino
from dataops.engines.unsupported import Unsupported
from dataops.engines.views.engine import Views
from dataops.errors import SettingsError
from dataops.project.databases import is_lake
from dataops.project.session import Project
from dataops.project.targets import Targets, production_target

_VIEWS: dict[str, type[Views]] = {
    "spark": Spark,
    "snowflake": Snowflake,
    "databricks": Databricks,
    "bigquery": BigQuery,
    "trino": Trino,
}

_LAKE = "ducklake"
"""What dbt's adapter for DuckDB serves, where it is no file."""


def resolve(project: Project, settings: Settings, named: str | None, builds: bool = True) -> Targets:
    """Decide both targets from the settings, the profile, and the name that the user gave production's target.

    `builds`: false for who only parses the project and compiles, for which any target will do.

    Raises:
        SettingsError: production is an in-memory database, or a warehouse has no target of its own for `ci`.
    """
    profile = project.profile
    production = production_target(project, settings, named)
    named_ci = settings.ci.target or ("ci" if "ci" in profile.outputs else None)
    if named_ci == production.name:
        if settings.ci.target:
            raise SettingsError(
                f"production and ci are the same target `{named_ci}`", "name two different targets in dataops.yml"
            )
        named_ci = None
    credentials = project.credentials(production)
    if credentials.type == files.ADAPTER and not is_lake(credentials):
        return files.resolve(project, production, credentials, named_ci)
    if named_ci is None and not builds:
        return Targets(credentials.type, production, profile.target(named or project.default_target))
    if named_ci is None:
        raise SettingsError(
            f"profile `{profile.name}` has no target for pull requests",
            f"add a target `ci` with a schema of its own to {project.profiles_dir / 'profiles.yml'}",
        )
    return Targets(credentials.type, production, profile.target(named_ci))


def engine_of(project: Project, targets: Targets) -> Engine:
    """The engine of production's target; for an adapter without one, an engine that refuses every release."""
    if isinstance(targets, files.FileTargets):
        return DuckDB(project, targets)
    if targets.adapter == "postgres":
        # Its driver is there only where dbt's adapter is.
        from dataops.engines.postgres.engine import Postgres

        return Postgres(project, targets)
    if targets.adapter in _VIEWS:
        return _VIEWS[targets.adapter](project, targets)
    return Unsupported(project, targets, _LAKE if targets.adapter == files.ADAPTER else targets.adapter)
