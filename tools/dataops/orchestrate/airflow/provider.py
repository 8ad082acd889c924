"""What Airflow is told of this package by its entry points."""

from __future__ import annotations

from typing import Any

from dataops import __version__


def info() -> dict[str, Any]:
    """The provider, as `airflow providers list` shows it."""
    links = "dataops.orchestrate.airflow.links"
    return {
        "package-name": "dbt-dataops",
        "name": "DataOps for dbt",
        "description": "Releases of dbt projects: deploy, publish, and assets of what was published.",
        "versions": [__version__],
        "extra-links": [f"{links}.{name}" for name in ("Runs", "Review", "Report")],
    }
