"""Who runs this, on which machine, and in which job of which service, as far as the surroundings tell."""

from __future__ import annotations

import getpass
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataops.environment import git


@dataclass(frozen=True)
class Job:
    """A job of a service that runs jobs. `url` is where people look at it; `pull_request` is its number."""

    orchestrator: str
    name: str | None = None
    url: str | None = None
    pull_request: str | None = None


def user() -> str:
    """The user's name; no such user (a bare container) is no reason to stop."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"


def host() -> str:
    """The machine's name."""
    return socket.gethostname()


def who() -> str:
    """`user@host`."""
    return f"{user()}@{host()}"


_SERVICES = (
    # The service, what is set in its jobs, and where it says the job's name, address and pull request.
    ("github", "GITHUB_ACTIONS", "GITHUB_WORKFLOW", "", ""),
    ("gitlab", "GITLAB_CI", "CI_JOB_NAME", "CI_JOB_URL", "CI_MERGE_REQUEST_IID"),
    ("airflow", "AIRFLOW_CTX_DAG_ID", "AIRFLOW_CTX_DAG_ID", "", ""),
    ("dbt cloud", "DBT_CLOUD_RUN_ID", "DBT_CLOUD_JOB_ID", "", "DBT_CLOUD_PR_ID"),
    ("jenkins", "JENKINS_URL", "JOB_NAME", "BUILD_URL", "CHANGE_ID"),
    ("buildkite", "BUILDKITE", "BUILDKITE_PIPELINE_SLUG", "BUILDKITE_BUILD_URL", "BUILDKITE_PULL_REQUEST"),
    ("circleci", "CIRCLECI", "CIRCLE_JOB", "CIRCLE_BUILD_URL", "CIRCLE_PR_NUMBER"),
    ("azure", "TF_BUILD", "BUILD_DEFINITIONNAME", "", "SYSTEM_PULLREQUEST_PULLREQUESTNUMBER"),
)


def job(environment: Mapping[str, str]) -> Job | None:
    """The job that this runs in; None when it is none that is known."""
    for service, marker, name, url, pull in _SERVICES:
        if environment.get(marker, "").lower() in ("", "false", "0"):
            continue
        address, number = environment.get(url), environment.get(pull)
        if service == "github":
            address, number = _github(environment)
        return Job(service, environment.get(name), address, number if number not in ("", "false") else None)
    return None


def _github(environment: Mapping[str, str]) -> tuple[str | None, str | None]:
    server, repository, run = (environment.get(f"GITHUB_{each}") for each in ("SERVER_URL", "REPOSITORY", "RUN_ID"))
    pull = re.fullmatch(r"refs/pull/(\d+)/(?:merge|head)", environment.get("GITHUB_REF", ""))
    return f"{server}/{repository}/actions/runs/{run}" if server and run else None, pull[1] if pull else None


_OF_JOBS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN")


def owner(folder: Path) -> str:
    """Who started this job of CI; at a desk, git's author; else the user of the machine."""
    named = next((os.environ[name] for name in _OF_JOBS if os.environ.get(name)), None)
    return named or git.author(folder) or who()
