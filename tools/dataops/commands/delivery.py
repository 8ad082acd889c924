"""Where a review goes: files for people and machines, the job's annotations and summary, one comment."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from dataops.config import WORK
from dataops.output import documents, junit, markdown, remarks, webpage
from dataops.output.page import whole
from dataops.review.verdict import Review
from dataops.store.location import write_whole

FILES = ("review.md", "review.html", "review.json", "junit.xml", "results.sarif", "gl-code-quality.json")
"""What `write` leaves in target/dataops."""

_SUMMARY = 1024 * 1024
"""Bytes that GitHub takes of one step's summary."""


def clear(root: Path) -> None:
    """Remove an earlier review: what a run leaves that cannot come to one must not look like its own."""
    for name in FILES:
        (root / WORK / name).unlink(missing_ok=True)


def write(review: Review, root: Path) -> list[Path]:
    """Write the review in all its forms under the project's `target/dataops`."""
    folder = root / WORK
    prefix = _prefix(root)
    page = whole.review(review)
    texts = (
        markdown.page(page),
        webpage.page(page),
        documents.text(documents.review(review)),
        junit.review(review),
        documents.text(remarks.sarif(review, prefix)),
        remarks.code_quality(review, prefix),
    )
    written = []
    for name, text in zip(FILES, texts, strict=True):
        write_whole(folder / name, text.encode("utf-8"))
        written.append(folder / name)
    return written


def announce(
    review: Review,
    root: Path,
    say: Callable[[str], None],
    with_comment: bool,
    environment: Mapping[str, str] = os.environ,
) -> None:
    """Tell the job that this runs in: annotations, a summary and, if asked for, the comment. Never fails."""
    if environment.get("GITHUB_ACTIONS") == "true":
        for command in remarks.workflow_commands(review, _prefix(root)):
            say(command)
        _summarize(markdown.review(review), environment, say)
    if with_comment:
        from dataops.deliver.comment import comment

        done = comment(markdown.review(review) + _footer(environment), _project(root), environment)
        if done.outcome in ("skipped", "failed"):
            say(f"warning: no comment: {' '.join(done.why.split())}")
        else:
            say(f"comment {done.outcome}")


def _summarize(text: str, environment: Mapping[str, str], say: Callable[[str], None]) -> None:
    path = environment.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        there = Path(path).stat().st_size if Path(path).exists() else 0
        if there + len(text.encode()) + 1 > _SUMMARY:
            say("warning: no job summary: it would be longer than GitHub takes")
            return
        with Path(path).open("a", encoding="utf-8", newline="\n") as summary:
            summary.write(f"\n{text}" if there else text)
    except OSError as error:
        say(f"warning: no job summary: {error}")


def _project(root: Path) -> str:
    """The dbt project's name, by which its comment is told from that of another project in the repository."""
    try:
        settings = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
        return str(settings["name"] or root.resolve().name)
    except (OSError, yaml.YAMLError, UnicodeDecodeError, KeyError, TypeError):
        return root.resolve().name


def _footer(environment: Mapping[str, str]) -> str:
    """Where the whole review is: the job's artifacts."""
    if environment.get("GITHUB_RUN_ID") and environment.get("GITHUB_REPOSITORY"):
        server = environment.get("GITHUB_SERVER_URL", "https://github.com")
        link = f"{server}/{environment['GITHUB_REPOSITORY']}/actions/runs/{environment['GITHUB_RUN_ID']}"
    else:
        link = environment.get("CI_JOB_URL", "")
    return f"\n<sub>The whole review is in the artifacts of [this job]({link}).</sub>\n" if link else ""


def _prefix(root: Path) -> str:
    """The project's folder in its repository, with a slash at its end; empty where they are the same."""
    resolved = root.resolve()
    for folder in (resolved, *resolved.parents):
        if (folder / ".git").exists():
            inner = resolved.relative_to(folder).as_posix()
            return "" if inner == "." else f"{inner}/"
    return ""
