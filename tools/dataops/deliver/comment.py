"""One comment on the pull or merge request of this job, on GitHub or GitLab, written once and then kept up to date."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dataops.deliver.request import Client, TransientError, UndeliveredError


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


_PAGE = 100
_PAGES = 100
_CREATIONS = 3


@dataclass(frozen=True)
class Delivered:
    """What became of the comment: created, updated, skipped (there was nothing to do it with) or failed; and why."""

    outcome: str
    why: str = ""


def marker(project: str) -> str:
    """The first line of a project's comment, which nobody sees and by which it is found again."""
    name = "".join(char for char in project if char.isalnum() or char in "_-.")
    return f"<!-- dataops review of {name.replace('--', '-')} -->"


def comment(body: str, project: str, environment: Mapping[str, str]) -> Delivered:
    """Write or renew the project's comment, with what the job's environment says. Never raises for what an API does."""
    try:
        forge = find(environment)
    except NowhereError as error:
        return Delivered("skipped", str(error))
    return upsert(client(forge), forge, marker(project), body)


def client(forge: Forge) -> Client:
    """A client for the forge's API."""
    return Client(forge.address, dict(forge.headers), forge.token)


def upsert(client: Client, forge: Forge, mark: str, body: str) -> Delivered:
    """Update the comment that begins with `mark`; where there is none that may be updated, create it."""
    text = f"{mark}\n{body}"
    try:
        for attempt in range(_CREATIONS):
            # After a creation of which nobody knows whether it worked, it may be there: look again.
            if _update(client, forge, mark, text):
                return Delivered("updated")
            try:
                client.post(forge.comments, text)
                return Delivered("created")
            except TransientError as error:
                if attempt == _CREATIONS - 1 or not client.pause(attempt, error.wait):
                    raise
    except UndeliveredError as error:
        return Delivered("failed", f"{forge.name} said {error}{_advice(forge, error)}")
    raise AssertionError("the last attempt returns or raises")


def _update(client: Client, forge: Forge, mark: str, text: str) -> bool:
    """Whether a comment of ours was there and took the text. One that somebody else wrote or deleted is passed over."""
    for found in _marked(client, forge, mark):
        try:
            client.put(forge.update, f"{forge.comment}{found['id']}", text)
            return True
        except UndeliveredError as error:
            if not error.refused:
                raise
    return False


def _marked(client: Client, forge: Forge, mark: str) -> list[dict[str, Any]]:
    """Comments whose first line is the mark, the oldest first."""
    found: list[dict[str, Any]] = []
    for page in range(1, _PAGES + 1):
        batch = client.get(forge.comments, per_page=_PAGE, page=page)
        every = [each for each in batch if isinstance(each, dict)] if isinstance(batch, list) else []
        found += [each for each in every if _first_line(each) == mark and isinstance(each.get("id"), int)]
        if len(every) < _PAGE:
            break
    return sorted(found, key=lambda each: int(each["id"]))


def _first_line(comment: dict[str, Any]) -> str:
    return str(comment.get("body") or "").split("\n", 1)[0].rstrip("\r")


def _advice(forge: Forge, error: UndeliveredError) -> str:
    if not error.refused:
        return ""
    if forge.name == "GitHub":
        return " (the job needs `permissions: pull-requests: write`; a fork's job cannot have it)"
    return " (the token needs the scope `api` and the role Reporter or higher)"
