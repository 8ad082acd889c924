"""Every file that is written, and what happens when it is half, damaged, newer, not ours, a folder or refused.

The rows are tried by `test_faults.py`, and are the tables of docs/files.md: `python -m tests.faults`, in `tools`,
prints that page.
"""

from __future__ import annotations

import builtins
import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

FAULTS = {
    "half": "its first half alone",
    "damaged": "other bytes",
    "newer": "a later format",
    "foreign": "somebody else's JSON",
    "folder": "a folder in its place",
    "unreadable": "reading is refused",
    "full": "the disk is full when it is written",
}


@dataclass(frozen=True)
class Case:
    """What a command does under faults: its exit code, words that it says, and the sentence of the page."""

    faults: str
    command: str
    code: int
    says: str
    told: str
    edition: int = 2
    """Which release production is afterwards; 0 where production is itself what is damaged."""

    @property
    def changes(self) -> bool:
        """Whether the command leaves another project than it found."""
        return self.command.split()[0] in ("deploy", "rollback", "pause", "build", "publish", "discard")


@dataclass(frozen=True)
class File:
    """A kind of file: how the page calls it, a pattern that finds one, what it is, and its cases."""

    name: str
    pattern: str
    holds: str
    cases: tuple[Case, ...] = field(default=())


STATE = (
    File(
        "`<state>/current.json`",
        ".dataops/state/current.json",
        "which release is live",
        (
            Case("half damaged foreign", "plan", 2, "current.json is damaged", "`plan` and `ci` refuse and name it"),
            Case("half", "deploy", 0, "Released", "`deploy` writes it anew", 3),
            Case("newer", "deploy", 2, "has format 99", "all commands refuse, `deploy` too, naming the format"),
            Case("folder unreadable", "plan", 2, "cannot read", "all that read it refuse"),
            Case(
                "full",
                "deploy",
                2,
                "and its state is not",
                "production is the new release, and `deploy` says so; the next command moves the pointer",
                3,
            ),
        ),
    ),
    File(
        "`<state>/releases/<id>.json`",
        ".dataops/state/releases/*.json",
        "a release's record",
        (
            Case("half damaged foreign", "releases", 2, "is damaged", "`releases` and `rollback` refuse and name it"),
            Case("half", "deploy", 0, "Released", "`deploy` releases, and deletes no earlier release meanwhile", 3),
            Case("newer", "releases", 2, "has format 99", "refused, naming the format"),
            Case("folder unreadable", "releases", 2, "cannot read", "refused, naming it"),
            Case("full", "deploy", 2, "No space left", "nothing is released: it is written before the rename"),
        ),
    ),
    File(
        "`<state>/releases/<id>.zip`",
        ".dataops/state/releases/*.zip",
        "a release's bundle",
        (
            Case(
                "half damaged newer foreign",
                "plan",
                2,
                "its digest differs",
                "`plan` and `ci` refuse and name it; `deploy` makes another",
            ),
            Case("folder unreadable", "plan", 2, "cannot read", "refused, naming it"),
            Case("full", "deploy", 2, "No space left", "nothing is released"),
        ),
    ),
    File(
        "`<state>/revisions/<name>.zip`",
        ".dataops/state/revisions/*.zip",
        "what `--base` compared with, for other jobs",
        (
            Case("half newer unreadable", "plan --base main", 0, "Runs 3 models", "made anew"),
            Case("folder", "plan --base main", 0, "not kept for other jobs", "made anew each time, and that is said"),
        ),
    ),
    File(
        "`<state>/revisions/key`",
        ".dataops/state/revisions/key",
        "the key of their digests",
        (Case("half foreign unreadable", "plan --base main", 0, "Runs 3 models", "another is made, and they anew"),),
    ),
    File(
        "`<state>/rehearsals/<adapter>.json`",
        ".dataops/state/rehearsals/*.json",
        "what the last rehearsal of releases found",
        (
            Case("half", "doctor", 1, "is damaged", "`doctor` names it; `engine rehearse` writes it anew"),
            Case("newer", "doctor", 1, "has format 99", "the same, naming the format"),
        ),
    ),
    File(
        "`<state>/live/<when>-<id>.json`",
        ".dataops/state/live/*.json",
        "that a release became live",
        (
            Case(
                "half damaged foreign",
                "releases --format json",
                2,
                "is damaged",
                "`releases` refuses and names it; a "
                "pause begins when it is made, since nobody knows when the last release was",
            ),
            Case("half", "pause bound --reason x", 0, "PAUSED", ""),
            Case("newer", "releases --format json", 2, "has format 99", "refused, naming the format"),
            Case("folder unreadable", "releases --format json", 2, "cannot read", "refused, naming it"),
        ),
    ),
    File(
        "`<state>/waiting.json`",
        ".dataops/state/waiting.json",
        "which release waits to be published",
        (
            Case("half damaged foreign", "status", 2, "is damaged", "`status` and `releases` refuse and name it"),
            Case("half", "discard", 0, "Discarded", "`publish`, `discard` and `deploy` mend it"),
            Case("newer", "status", 2, "has format 99", "refused, naming the format"),
        ),
    ),
    File(
        "`<state>/waiting/<id>.json`",
        ".dataops/state/waiting/*.json",
        "since when a release waits, and until when",
        (
            Case("half damaged foreign", "publish", 2, "is damaged", "`status` and `publish` refuse and name it"),
            Case("half", "discard", 0, "Discarded", "`discard` drops that release"),
        ),
    ),
    File(
        "`<state>/unfinished.json`",
        ".dataops/state/unfinished.json",
        "which release is kept although something failed in it",
        (
            Case("half damaged foreign", "status", 2, "is damaged", "`status` and `releases` refuse and name it"),
            Case("half", "discard", 0, "Discarded", "`retry`, `publish`, `discard` and `deploy` mend it"),
            Case("newer", "status", 2, "has format 99", "refused, naming the format"),
        ),
    ),
    File(
        "`<state>/unfinished/<id>.json`",
        ".dataops/state/unfinished/*.json",
        "from what, and until when; `<id>.zip`, what was built of it, is refused by `retry` if it is damaged",
        (
            Case("half damaged foreign", "status", 2, "is damaged", "`status` and `retry` refuse and name it"),
            Case("half", "discard", 0, "Discarded", "`discard` drops it"),
        ),
    ),
    File(
        "`<state>/breaker/<when>-….json`",
        ".dataops/state/breaker/*.json",
        "a pause or its end",
        (
            Case(
                "half damaged foreign",
                "status",
                1,
                "its record is damaged",
                "the pause is in force, and `status` names the file",
            ),
            Case("newer", "status", 2, "has format 99", "refused, naming the format: what it means cannot be told"),
            Case("folder unreadable", "status", 2, "cannot read", "refused, naming it"),
            Case("full", "pause bound --reason x", 2, "No space left", "nothing is paused, and `pause` says so"),
        ),
    ),
    File(
        "`<state>/alerts/<when>-<id>.json`",
        ".dataops/state/alerts/*.json",
        "what was told to whom",
        (
            Case(
                "half damaged foreign",
                "alert --dry-run",
                0,
                "Left out, as it cannot be read: 20990101T",
                "`alert` names it and tells what it held again",
            ),
            Case("newer", "alert --dry-run", 2, "newer version", "refused"),
            Case(
                "folder unreadable", "alert --dry-run", 2, "cannot read", "refused, naming it: nothing goes out twice"
            ),
        ),
    ),
    File(
        "`<state>/history/v1/….parquet`",
        ".dataops/state/history/v1/*.parquet",
        "what a run did",
        (
            Case(
                "half damaged newer foreign",
                "history",
                0,
                "its content is not what was written",
                "`history` names it, and reads the others",
            ),
            Case("folder unreadable", "history", 0, "it cannot be read", "likewise"),
            Case(
                "full",
                "build -s published",
                0,
                "not all is recorded",
                "the run goes on and says so; its journal stays, to be stored by the next command",
                3,
            ),
        ),
    ),
)

BESIDE = (
    File(
        "`.dataops/<name>/lock`",
        ".dataops/prod/lock",
        "held by who deploys",
        (
            Case(
                "foreign",
                "rollback",
                0,
                "Live again",
                "whatever is in it: the lock is the system's, not its content",
                1,
            ),
            Case("folder", "rollback", 2, "cannot write beside production", "refused"),
        ),
    ),
    File(
        "`.dataops/<name>/pending.json`",
        ".dataops/prod/pending.json",
        "a publication that may have been interrupted",
        (
            Case(
                "half damaged foreign",
                "plan",
                0,
                "Compared with release",
                "forgotten where production is what the "
                "state says, or the new file is still there; else refused: nobody knows which release is live",
            ),
            Case("newer", "plan", 2, "has format 99", "refused, naming the format"),
            Case("folder unreadable", "plan", 2, "cannot use", "refused, naming it"),
            Case("full", "rollback", 2, "No space left", "nothing is published"),
        ),
    ),
    File(
        "`.dataops/<name>/published.json`",
        ".dataops/prod/published.json",
        "what was published last",
        (
            Case(
                "half damaged newer foreign folder unreadable",
                "plan",
                0,
                "Compared with release",
                "nothing is lost but a shortcut of `plan` and `deploy`; `export` refuses until the next deploy",
            ),
            Case("folder", "rollback", 0, "Live again", "", 1),
            Case("half", "export bound --to out", 1, "", ""),
        ),
    ),
    File(
        "`.dataops/<name>/releases/<id>/…`",
        ".dataops/prod/releases/*-*/prod.duckdb",
        "a release that was replaced",
        (
            Case(
                "half damaged newer foreign folder",
                "rollback",
                2,
                "cannot open",
                "`rollback` opens it before it is made live, and refuses; production stays",
            ),
        ),
    ),
    File(
        "`.dataops/<name>/next/`",
        ".dataops/prod/next/prod.duckdb",
        "the release being built",
        (
            Case("half folder", "deploy", 0, "Released", "removed: a deploy was killed there", 3),
            Case("full", "deploy", 2, "cannot copy", "nothing is released"),
        ),
    ),
    File(
        "`.dataops/<name>/waiting/<id>/…`",
        ".dataops/prod/waiting/*/waiting.json",
        "a release that waits to be published",
        (
            Case("half damaged foreign", "publish", 2, "waiting.json", "`publish` refuses; it can be discarded"),
            Case("newer", "publish", 2, "has format 99", "refused, naming the format"),
        ),
    ),
    File(
        "production",
        "prod.duckdb",
        "the DuckDB file",
        (
            Case(
                "half damaged foreign folder",
                "deploy",
                2,
                "cannot open",
                "`deploy` and `ci` refuse; `rollback` brings back a kept release",
                0,
            ),
            Case("half damaged", "rollback", 0, "Live again", "", 1),
        ),
    ),
)

CHECKOUT = (
    File(
        "`.dataops/journal/<id>.jsonl`",
        ".dataops/journal/*.jsonl",
        "what a run has done so far",
        (
            Case("half", "history", 0, "interrupted", "all whole lines count"),
            Case(
                "damaged newer foreign folder",
                "history",
                0,
                "",
                "left out, and put aside or left where it is; the others are stored",
            ),
            Case("unreadable", "history", 2, "cannot use", "refused, naming it"),
        ),
    ),
    File(
        "`.dataops/openlineage/<when>-<run>.jsonl`",
        ".dataops/openlineage/*.jsonl",
        "lineage that a collector has not taken",
        (
            Case("half", "doctor", 1, "1 event waits", "all whole lines count"),
            Case("damaged newer foreign folder", "doctor", 1, "told to nobody", "left out, and left where it is"),
            Case("unreadable", "doctor", 2, "openlineage", "refused, naming it"),
        ),
    ),
    File(
        "`target/dataops/parse/…`",
        "target/dataops/parse/ci/partial_parse.msgpack",
        "dbt's partial parse",
        (
            Case("half damaged newer foreign unreadable", "plan", 0, "Runs 3 models", "dbt reads every file anew"),
            Case("folder", "plan", 2, "cannot use", "refused, naming it"),
        ),
    ),
    File(
        "`target/dataops/seeds.json`",
        "target/dataops/seeds.json",
        "digests of seeds, remembered",
        (Case("half damaged newer foreign folder unreadable full", "plan", 0, "Runs 3 models", "worked out anew"),),
    ),
    File(
        "`target/dataops/profiles/…`",
        "target/dataops/profiles/ci/profiles.yml",
        "the profile under which a change is built",
        (
            Case("half foreign", "plan", 0, "Runs 3 models", "written anew by each command"),
            Case("folder full", "plan", 2, "cannot use", "refused, naming it"),
        ),
    ),
    File(
        "`target/dataops/review.*` and the like",
        "target/dataops/review.json",
        "the review",
        (
            Case(
                "folder", "ci --keep", 2, "review.json: Is a directory", "refused, naming it, before anything is built"
            ),
            Case(
                "full",
                "ci --keep",
                2,
                "No space left",
                "each is whole or not there, and none is of an earlier run",
            ),
        ),
    ),
    File(
        "`target/dataops/ci/<name>.duckdb`",
        "target/dataops/ci/*.duckdb",
        "what `ci` builds in",
        (
            Case("damaged", "ci --keep", 0, "Ready", "made anew by each run"),
            Case("folder", "ci --keep", 2, "cannot use", "refused, naming it"),
        ),
    ),
    File(
        "`target/dataops/ci.lock`",
        "target/dataops/ci.lock",
        "held by `ci`",
        (Case("folder", "ci --keep", 2, "ci.lock", "refused, naming it"),),
    ),
    File(
        "`target/dataops/site-*.json`",
        "target/dataops/site-runs.json",
        "what the site showed before, remembered",
        (Case("half newer foreign folder full", "site", 0, "files", "worked out anew"),),
    ),
    File(
        "`<site>/.dataops-site.json`",
        "target/dataops/site/.dataops-site.json",
        "which files a site consists of",
        (
            Case("damaged foreign", "site", 0, "files", "its own files are written anew, all others are left"),
            Case("folder unreadable full", "site", 2, "cannot write the site", "refused, naming it"),
        ),
    ),
    File(
        "`<site>/…`",
        "target/dataops/site/runs.html",
        "a page",
        (
            Case("half foreign", "site", 0, "files", "written anew where it differs"),
            Case("folder", "site", 2, "cannot write the site", "refused, naming it"),
        ),
    ),
    File(
        "`report.html`",
        "target/dataops/report.html",
        "Elementary's page",
        (
            Case("half foreign", "report", 0, "report.html", "written anew, whole or not at all"),
            Case("folder full", "report", 2, "report.html", "refused, naming it"),
        ),
    ),
    File(
        "`<export>/…`",
        "out/bound.card.json",
        "a table handed on, and its card",
        (
            Case(
                "damaged foreign",
                "export bound --to out",
                0,
                "bound",
                "written anew, whole or not at all; the card last",
            ),
            Case("folder full", "export bound --to out", 2, "cannot write", "refused, naming it"),
        ),
    ),
    File(
        "`<package>/.dataops-package.json`",
        "pk/.dataops-package.json",
        "which files of the package are ours",
        (
            Case(
                "half damaged foreign folder unreadable",
                "package --to pk",
                2,
                "cannot be read",
                "refused: nothing that may have been edited is overwritten",
            ),
            Case("full", "package --to pk", 2, "cannot be written", "refused, naming it"),
        ),
    ),
)

ROOMS = {
    "The state": STATE,
    "Beside production": BESIDE,
    "In a checkout": CHECKOUT,
}


def damage(path: Path, fault: str) -> None:
    """Let a file be what a fault leaves of it."""
    content = path.read_bytes()
    if fault == "folder":
        path.unlink()
        path.mkdir()
        (path / "x").touch()
        return
    document = json.loads(content) if fault == "newer" and path.suffix == ".json" else {}
    path.write_bytes(
        {
            "half": content[: len(content) // 2],
            "damaged": b"\x00\xff\n" * 99,
            "newer": json.dumps({**(document if isinstance(document, dict) else {}), "format": 99}).encode(),
            "foreign": b'{"todo": []}\n',
        }[fault]
    )


@contextmanager
def refused(path: Path, fault: str) -> Iterator[None]:
    """Let whoever opens a file, or one that is to take its place, hear what a disk says that is full or refuses."""
    number = errno.ENOSPC if fault == "full" else errno.EACCES
    ways: tuple[tuple[Any, str, Callable[..., Any]], ...] = (
        (Path, "open", Path.open),
        (builtins, "open", builtins.open),
    )

    def deny(way: Callable[..., Any]) -> Callable[..., Any]:
        def opened(file: Any, mode: str = "r", *words: Any, **others: Any) -> Any:
            writes = any(each in mode for each in "wax+")
            if isinstance(file, str | Path) and writes == (fault == "full") and _is_of(file, path):
                raise OSError(number, os.strerror(number), str(file))
            return way(file, mode, *words, **others)

        return opened

    for owner, name, way in ways:
        setattr(owner, name, deny(way))
    try:
        yield
    finally:
        for owner, name, way in ways:
            setattr(owner, name, way)


def _is_of(file: str | Path, path: Path) -> bool:
    """Whether it is the file, one of its kind in its folder, or what is to become one."""
    named = Path(file).absolute()
    if path.suffix in (".parquet", ".zip") or (path.parent.name in ("breaker", "releases", "live") and path.suffix):
        return named.parent == path.parent and path.suffix in named.suffixes
    return named.parent == path.parent and _stem(named) == _stem(path)


def _stem(path: Path) -> str:
    return path.name.lstrip(".").split(".")[0]


def page() -> str:
    """The page docs/files.md."""
    lines = [
        "# Files",
        "",
        "Every file that `dataops` writes, and what happens when it is not what was written. Each line is tried by the",
        "tests, on a project that was released. *Refused*: exit code 2, one line that names the file and one with the",
        "remedy. Production is what it was unless a line says otherwise.",
        "",
        "| | |",
        "| --- | --- |",
        *(f"| {name} | {what} |" for name, what in FAULTS.items()),
    ]
    for title, files in ROOMS.items():
        lines += ["", f"## {title}", "", "| file | | when | |", "| --- | --- | --- | --- |"]
        for file in files:
            first = True
            for case in file.cases:
                if case.told:
                    lead = f"{file.name} | {file.holds}" if first else " | "
                    lines.append(f"| {lead} | {', '.join(case.faults.split())} | {case.told} |")
                    first = False
    lines += [
        "",
        "## Rules behind it",
        "",
        "- A file that decides something is written under another name beside its place, synced, renamed, and its",
        "  folder synced: half a file is the disk's doing, not that of a killed process. `*.tmp` is what one left.",
        "- It has a format or a digest. A newer format is refused, for what it means is not known here.",
        "- A file under a name that is not ours is not ours: not read, not changed, not removed.",
        "- What only saves time is worked out anew, and is never in the way of a run.",
        "- YAML files of the project (`suggest`, `import`) are judged before the first is written; one that was edited",
        "  meanwhile is not overwritten.",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(page(), end="")
