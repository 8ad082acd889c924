"""A nightly release under Prefect: `python nightly.py FOLDER` serves it, and a worker can run it from a deployment."""

from __future__ import annotations

import sys

from prefect import flow

from dataops.orchestrate.prefect import Project, dataops_deploy


@flow(name="nightly")
def nightly(project_dir: str, environment: str | None = None) -> str:
    """Build beside production, test, and replace it if all passed."""
    project = Project(project_dir, environment)
    released = dataops_deploy.with_options(retries=1, retry_delay_seconds=300, timeout_seconds=3 * 3600)(project)
    return str(released["release"])


if __name__ == "__main__":
    nightly.serve(name="nightly", cron="15 3 * * *", parameters={"project_dir": sys.argv[1]})
