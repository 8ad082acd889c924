"""One comment on the pull or merge request, written once and then kept up to date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dataops.deliver.forge import Forge, NowhereError, find
from dataops.deliver.request import Client, TransientError, UndeliveredError

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
