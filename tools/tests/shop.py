"""A small shop as a dbt project in a git repository of its own, and the ways in which tests use it."""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml
from rich.console import Console

from dataops import config
from dataops.cli import main
from dataops.engines.registry import resolve
from dataops.project.session import Options, Project
from dataops.project.targets import Targets

PROJECTS = Path(__file__).parent / "projects"
IGNORED = "target/\nlogs/\n*.duckdb\n*.wal\n.dataops/\n"
QUIET = Console(file=io.StringIO(), width=160)


@dataclass(frozen=True)
class Ran:
    """A command that has ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@dataclass(frozen=True)
class Shop:
    """A dbt project on disk. `top` is the git repository, `root` the folder of dbt_project.yml."""

    root: Path
    top: Path

    # -- files ------------------------------------------------------------------------------------------------------

    def write(self, path: str, text: str) -> None:
        place = self.root / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def read(self, path: str) -> str:
        return (self.root / path).read_text(encoding="utf-8")

    def edit(self, path: str, old: str, new: str) -> None:
        text = self.read(path)
        assert old in text, f"{path} does not hold {old!r}"
        self.write(path, text.replace(old, new, 1))

    def remove(self, path: str) -> None:
        (self.root / path).unlink()

    # -- git --------------------------------------------------------------------------------------------------------

    def git(self, *words: str) -> str:
        done = subprocess.run(["git", "-C", str(self.top), *words], capture_output=True, text=True, check=True)
        return done.stdout.strip()

    def commit(self, message: str = "a change") -> str:
        self.git("add", "-A")
        self.git("commit", "-qm", message)
        return self.git("rev-parse", "HEAD")

    # -- commands ---------------------------------------------------------------------------------------------------

    def run(self, *words: str) -> Ran:
        """Run the command line in this process, in the project's folder."""
        out, err = io.StringIO(), io.StringIO()
        before = Path.cwd()
        os.chdir(self.root)
        try:
            with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
                main(list(words))
            code = None
        except SystemExit as end:
            code = end.code
        finally:
            os.chdir(before)
        assert isinstance(code, int)
        return Ran(code, out.getvalue(), err.getvalue())

    def ok(self, *words: str) -> Ran:
        """Run a command that must end well."""
        ran = self.run(*words)
        assert ran.code == 0, f"{words} -> {ran.code}\n{ran.out}\n{ran.err}"
        return ran

    def command(self, *words: str) -> Ran:
        """Run the command line as users do, in a process of its own."""
        done = subprocess.run(
            [sys.executable, "-m", "dataops", *words], cwd=self.root, capture_output=True, text=True, check=False
        )
        return Ran(done.returncode, done.stdout, done.stderr)

    def plan(self, *words: str) -> dict[str, Any]:
        document: dict[str, Any] = self.ok("plan", "--format", "json", *words).json
        return document

    # -- as the package sees it -------------------------------------------------------------------------------------

    def project(self, **options: Any) -> Project:
        return Project(Options(project_dir=self.root, **options))

    def targets(self, project: Project) -> Targets:
        return resolve(project, config.load(self.root), None)

    # -- data -------------------------------------------------------------------------------------------------------

    @property
    def production(self) -> Path:
        return self.root / "prod.duckdb"

    @property
    def built(self) -> Path:
        """The file that `ci` builds in."""
        return self.root / "target" / "dataops" / "ci" / "ci.duckdb"

    def query(self, sql: str, database: Path | None = None) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(database or self.production), read_only=True) as connection:
            return connection.execute(sql).fetchall()

    def change_data(self, sql: str, database: Path | None = None) -> None:
        with duckdb.connect(str(database or self.production)) as connection:
            connection.execute(sql)

    def edition(self) -> int:
        """Which edition production is: the one row of the model `published`."""
        return int(self.query("select edition from published")[0][0])

    def publish(self, edition: int) -> None:
        """Edit the project so that the next release is `edition`."""
        self.write("models/marts/published.sql", f"select {edition} as edition\n")

    def pointer(self) -> dict[str, Any]:
        pointer: dict[str, Any] = json.loads(self.read(".dataops/state/current.json"))
        return pointer

    @property
    def live(self) -> str:
        return str(self.pointer()["release"])

    @property
    def bundle(self) -> Path:
        return self.root / ".dataops" / "state" / "releases" / f"{self.live}.zip"

    def digest(self) -> str:
        return hashlib.sha256(self.production.read_bytes()).hexdigest()


def lay_out(place: Path, inside: str = "", project: str = "shop", with_events: bool = True) -> Shop:
    """Write a project into `place`, with production's source data, and commit it on `main`."""
    root = place / inside
    shutil.copytree(PROJECTS / project, root)
    (place / ".gitignore").write_text(IGNORED, encoding="utf-8")
    shop = Shop(root, place)
    shop.git("init", "-q", "-b", "main")
    shop.commit("first")
    if with_events:
        shop.change_data(
            "create schema app; create table app.events as "
            "select (range + 1)::integer as event_id, 1 as customer_id from range(5)"
        )
    return shop


def copied(shop: Shop, place: Path) -> Shop:
    """A shop like this one in another folder."""
    shutil.copytree(shop.top, place, symlinks=True)
    return Shop(place / shop.root.relative_to(shop.top), place)


def reasons(plan: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """Short names of what changed, with why."""
    return {last(change["unique_id"]): tuple(change["reasons"]) for change in plan["changes"]}


def ran(plan: dict[str, Any]) -> set[str]:
    """Short names of what would run."""
    return {last(decision["unique_id"]) for decision in plan["run"]}


def last(unique_id: str) -> str:
    """A unique id's name; a test's hash is left out."""
    return unique_id.split(".")[2] if unique_id.startswith("test.") else unique_id.split(".", 2)[-1]


def refused(ran: Ran, *words: str, code: int = 2) -> None:
    """Assert that a command could not run, and said so in one line each, naming `words`."""
    assert ran.code == code, f"exit code {ran.code}\n{ran.out}\n{ran.err}"
    lines = ran.err.splitlines()
    assert [line.split(":")[0] for line in lines] == ["error", "hint"], ran.err
    assert all(len(line.split(":", 1)[1].strip()) > 8 for line in lines), ran.err
    assert "Traceback" not in ran.out + ran.err
    assert "defect of dataops" not in ran.err
    for word in words:
        assert word in ran.err, f"{word!r} is not in:\n{ran.err}"


def normalised(text: str) -> str:
    """Text without what differs from run to run: times, hashes of them, ids of releases and commits, colours."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", text)
    text = re.sub(r"\d{8}T\d{6}Z-[0-9a-f]{6}", "RELEASE", text)
    text = re.sub(r"\b\d+\.\d s\b", "N s", text)
    text = re.sub(r"\([0-9a-f]{10}\)", "(COMMIT)", text)
    text = re.sub(r"\b\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?", "MOMENT", text)
    text = re.sub(r"\b[0-9a-f]{32}\b", "HASH", text)
    return "\n".join(line.rstrip() for line in text.splitlines()) + "\n"


def dump(document: Any) -> str:
    return yaml.safe_dump(document, sort_keys=False)
