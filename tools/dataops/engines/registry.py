"""Which engine serves a production."""

from __future__ import annotations

from dataops.engines.duckdb.engine import DuckDB
from dataops.engines.engine import Engine
from dataops.engines.unsupported import Unsupported
from dataops.project.session import Project
from dataops.project.targets import Targets


def engine_of(project: Project, targets: Targets) -> Engine:
    """The engine of production's target; for an adapter without one, an engine that refuses every release."""
    if targets.database is not None:
        return DuckDB(project, targets, targets.database)
    if targets.adapter == "postgres":
        # Its driver is there only where dbt's adapter is.
        from dataops.engines.postgres.engine import Postgres

        return Postgres(project, targets)
    return Unsupported(targets)
