"""Where the job runs: GitHub or GitLab, which request it belongs to, and how comments are addressed there."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote


class NowhereError(Exception):
    """There is no request to comment on, or nothing to do it with; the message says what is missing."""


@dataclass(frozen=True)
class Forge:
    """How to reach the comments of one pull or merge request. `repr` does not show the token."""

    name: str
    address: str
    comments: str
    comment: str
    update: str
    token: str
    headers: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        """Say which, not with what."""
        return f"Forge({self.name}, {self.address}{self.comments})"


def find(environment: Mapping[str, str]) -> Forge:
    """The forge of the job that this runs in.

    Raises:
        NowhereError: it runs in no such job, not for a pull or merge request, or without a token.
    """
    if environment.get("GITHUB_ACTIONS") == "true" or environment.get("GITHUB_REPOSITORY"):
        return _github(environment)
    if environment.get("GITLAB_CI") or environment.get("CI_API_V4_URL"):
        return _gitlab(environment)
    raise NowhereError("this runs in no job of GitHub Actions or GitLab CI")


def _github(environment: Mapping[str, str]) -> Forge:
    repository = environment.get("GITHUB_REPOSITORY", "")
    number = _pull_number(environment)
    if not repository or number is None:
        raise NowhereError("this job runs for no pull request")
    token = (environment.get("GITHUB_TOKEN") or environment.get("GH_TOKEN") or "").strip()
    if not token:
        raise NowhereError("GITHUB_TOKEN is not set: pass `GITHUB_TOKEN: ${{ github.token }}` as `env` of the step")
    _refuse_odd(token, "GITHUB_TOKEN")
    base = f"/repos/{quote(repository)}/issues"
    return Forge(
        "GitHub",
        environment.get("GITHUB_API_URL", "https://api.github.com").rstrip("/"),
        f"{base}/{number}/comments",
        f"{base}/comments/",
        "PATCH",
        token,
        (
            ("Authorization", f"Bearer {token}"),
            ("Accept", "application/vnd.github+json"),
            ("X-GitHub-Api-Version", "2022-11-28"),
        ),
    )


def _pull_number(environment: Mapping[str, str]) -> int | None:
    path = environment.get("GITHUB_EVENT_PATH")
    if path:
        try:
            event = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            event = {}
        pull = event.get("pull_request") if isinstance(event, dict) else None
        if isinstance(pull, dict) and isinstance(pull.get("number"), int):
            return int(pull["number"])
    found = re.fullmatch(r"refs/pull/(\d+)/(?:merge|head)", environment.get("GITHUB_REF", ""))
    return int(found[1]) if found else None


def _gitlab(environment: Mapping[str, str]) -> Forge:
    project, number = environment.get("CI_PROJECT_ID", ""), environment.get("CI_MERGE_REQUEST_IID", "")
    if not project or not number:
        raise NowhereError("this job runs for no merge request")
    token = (environment.get("GITLAB_TOKEN") or "").strip()
    if not token:
        raise NowhereError(
            "GITLAB_TOKEN is not set: a project access token with the scope `api`; a job token cannot comment"
        )
    _refuse_odd(token, "GITLAB_TOKEN")
    base = f"/projects/{quote(project, safe='')}/merge_requests/{quote(number, safe='')}/notes"
    address = environment.get("CI_API_V4_URL", "https://gitlab.com/api/v4").rstrip("/")
    return Forge("GitLab", address, base, f"{base}/", "PUT", token, (("PRIVATE-TOKEN", token),))


def _refuse_odd(token: str, name: str) -> None:
    """What cannot stand in a header would end in an error that quotes it, what needs escapes in an answer that does."""
    if not re.fullmatch(r"[\w.~+/=-]+", token, re.ASCII):
        raise NowhereError(f"{name} holds characters that no token has")
