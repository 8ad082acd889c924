"""dbt's v2 parser held against dbt's own: whether what is read of a project is the same by both.

The v2 parser is dbt 2 reading a project for dbt 1 (`dbt --use-v2-parser`). It leaves no partial parse, and nothing that
is cheaper than dbt's own parse tells whether both read a project alike (docs/dbt-2.md). So dbt's own parse is what is
used, and the other one is looked at where the settings ask for it.
"""

from __future__ import annotations

import json
import os
import subprocess
import sysconfig
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Protocol

import yaml

from dataops.config import PARSERS
from dataops.errors import StateError
from dataops.project import databases, fingerprint, manifests, surroundings
from dataops.project.configuration import differing
from dataops.project.dependencies import Dependencies
from dataops.project.profiles import Profile, Target
from dataops.project.seeds import Content
from dataops.project.surroundings import Surroundings

AUTO, OWN, V2 = PARSERS
"""The values of the setting `parser`."""

PACKAGE = "dbt-core-experimental-parser"
_SECONDS = 900
_WORDS = {
    "file": "the file", "text": "the text", "layout": "the text", "place": "where it is configured to be",
    "relation": "the relation", "parents": "what it reads", "contract": "the contract", "columns": "its columns",
    "words": "descriptions", "defined": "the definition", "written": "the definition", "asked": "the definition",
    "shown": "what is said of it",
}  # fmt: skip


class Readable(Protocol):
    """As much of a project as a parser is told."""

    root: Path
    profile: Profile
    vars: dict[str, Any]


@dataclass(frozen=True)
class Trial:
    """The v2 parser's version, why it has no result, and what differs: in words, with the nodes of which it does."""

    version: str
    failed: str = ""
    differences: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def is_equal(self) -> bool:
        """Whether everything that was compared is the same."""
        return not self.failed and not self.differences

    def told(self) -> str:
        """The outcome in a sentence."""
        name = f"the v2 parser {self.version}".strip()
        if self.failed:
            return f"{name} {self.failed}"
        if not self.differences:
            return f"{name} reads the same"
        nodes = {uid for several in self.differences.values() for uid in several}
        most = sorted(self.differences.items(), key=lambda each: (-len(each[1]), each[0]))
        listed = ", ".join(f"{what} ({len(several):,})" for what, several in most[:4])
        more = f" and {len(most) - 4} more" if len(most) > 4 else ""
        return f"{name} reads {len(nodes):,} nodes otherwise: {listed}{more}"


def installed() -> str | None:
    """The version of the v2 parser beside this dbt."""
    try:
        return version(PACKAGE)
    except PackageNotFoundError:
        return None


def trial(project: Readable, target: Target, own: Any) -> Trial:
    """Read the project with the v2 parser as well, and hold that against dbt's own parse of it."""
    here = installed()
    if here is None:
        return Trial("", f"is not installed (pip install {PACKAGE})")
    with tempfile.TemporaryDirectory() as folder:
        failed = run(project, target, Path(folder))
        file = Path(folder) / "manifest.json"
        if failed or not file.is_file():
            return Trial(here, failed or "ended without a manifest")
        try:
            other, missing = manifests.compared(json.loads(file.read_bytes()), "its manifest", own)
        except (StateError, ValueError) as error:
            return Trial(here, f"wrote what cannot be read: {getattr(error, 'message', error)}")
    databases.move(other, target.moves)
    found: dict[str, list[str]] = {}
    for what, uid in (*differences(own, other), *((why, uid) for uid, why in missing.items())):
        found.setdefault(what, []).append(uid)
    return Trial(here, "", {what: tuple(dict.fromkeys(several)) for what, several in found.items()})


def run(project: Readable, target: Target, folder: Path) -> str:
    """Run it; why it failed, in words. What it says is held back: it writes to where our results go."""
    program = Path(sysconfig.get_path("scripts")) / PACKAGE
    words = ["parse", "--project-dir", str(project.root), "--profiles-dir", str(target.profiles_dir)]
    words += ["--profile", project.profile.name, "--target", target.name, "--target-path", str(folder)]
    words += ["--vars", yaml.safe_dump(project.vars, default_flow_style=True)] if project.vars else []
    # It refuses variables of the environment that are dbt 1's.
    env = {name: value for name, value in os.environ.items() if not name.startswith("DBT_ENGINE_")}
    try:
        done = subprocess.run(  # noqa: S603 - the program that dbt itself runs
            [program, *words, "--no-send-anonymous-usage-stats"],
            cwd=project.root,
            env={**env, "RUST_BACKTRACE": "0"},
            capture_output=True,
            text=True,
            errors="replace",
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError) as error:
        return f"cannot be run: {error}"
    if done.returncode == 0:
        return ""
    told = [line.strip() for line in (done.stdout + done.stderr).splitlines() if line.startswith(("[error]", "error"))]
    return f"failed (exit code {done.returncode}): {told[0] if told else 'it did not say why'}"


def differences(own: Any, other: Any) -> Iterator[tuple[str, str]]:
    """What of two manifests of one project differs in what is read of them, with the node."""
    unknown = Surroundings(surroundings.new_key(), {}, {}, {}, recorded=False)
    before, after = (fingerprint.take(each, "", unknown, lambda _: Content()) for each in (own, other))
    for uid in sorted(before.macros.keys() | after.macros.keys()):
        if before.macros.get(uid) != after.macros.get(uid):
            yield "a macro", uid
    reaches = Dependencies(own), Dependencies(other)
    for uid in sorted(before.nodes.keys() | after.nodes.keys()):
        if uid not in before.nodes or uid not in after.nodes:
            yield "which nodes there are", uid
            continue
        one, two = before.nodes[uid], after.nodes[uid]
        for name, what in _WORDS.items():
            if getattr(one, name) != getattr(two, name):
                yield what, uid
        for key, _ in differing(before.config(uid), after.config(uid)):
            yield f"config {key}", uid
        mine, its = ([each.text(uid), each.building(uid)] for each in reaches)
        if mine != its:
            yield "which macros and variables it reaches", uid
