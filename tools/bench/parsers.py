"""Both parsers over projects: what differs in what is read of each, and whether a plan of one edit comes out alike.

    python -m bench.parsers [FOLDER ...]      in `tools`; each folder a dbt project with a profile that is found there

Without folders: the projects of the suite, this repository's, and a generated one. CPU seconds are of this process and
of the v2 parser's, which is started for each parse as dbt starts it.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.projects import generate
from dataops import config
from dataops.engines.registry import resolve
from dataops.errors import DataopsError
from dataops.plan.reasons import Comparison
from dataops.project import fingerprint, manifests, parsers, surroundings
from dataops.project.dependencies import Dependencies
from dataops.project.seeds import Content
from dataops.project.session import Options, Project
from dataops.project.surroundings import Surroundings

REPOSITORY = Path(__file__).parents[2]
SUITE = REPOSITORY / "tools" / "tests" / "projects"


@dataclass(frozen=True)
class Read:
    """One project read by both parsers, cold. `plans`: whether both said the same of an edit; None where none was."""

    name: str
    nodes: int
    own: float
    v2: float
    trial: parsers.Trial
    plans: bool | None

    def row(self) -> str:
        """As a row of a Markdown table."""
        plans = {True: "the same", False: "**differ**", None: ""}[self.plans]
        differs = ", ".join(f"{what} ({len(uids)})" for what, uids in sorted(self.trial.differences.items()))
        told = self.trial.failed or differs or "nothing"
        return f"| {self.name} | {self.nodes:,} | {self.own:.1f} | {self.v2:.1f} | {plans} | {told[:300]} |"


def read(name: str, source: Path, folder: Path) -> Read:
    """Copy a project, read it with both, edit one of its models, and read it with both again."""
    left = {"target", "logs", ".venv", ".git"}
    shutil.copytree(source, folder, symlinks=True, ignore=lambda at, _: left if Path(at) == source else set())
    places = [each for each in ("profiles", "profiles_x", ".") if (folder / each / "profiles.yml").is_file()]
    profiles = folder / places[0] if places else None
    project = Project(Options(project_dir=folder, profiles_dir=profiles))
    with project.entered():
        target = resolve(project, config.Settings(), None).production
        began = _seconds(resource.RUSAGE_SELF)
        before = project.parse(target).manifest
        own = _seconds(resource.RUSAGE_SELF) - began
        began = _seconds(resource.RUSAGE_CHILDREN)
        held = parsers.trial(project, target, before)
        v2 = _seconds(resource.RUSAGE_CHILDREN) - began
        plans = None if held.failed else _alike(project, target, before)
    return Read(name, len(before.nodes), own, v2, held, plans)


def _alike(project: Project, target: Any, before: Any) -> bool | None:
    """Whether an edit of a model changes the same nodes for the same reasons by both."""
    models = sorted(uid for uid, node in before.nodes.items() if uid.startswith("model.") and node.language == "sql")
    models = [uid for uid in models if uid.split(".")[1] == project.name]
    if not models:
        return None
    file = project.root / before.nodes[models[len(models) // 2]].original_file_path
    earlier = _by_v2(project, target, before)
    file.write_text(file.read_text() + "\nlimit 1\n")
    after = project.parse(target).manifest
    later = _by_v2(project, target, after)
    return _reasons(before, after) == _reasons(earlier, later)


def _by_v2(project: Project, target: Any, own: Any) -> Any:
    with tempfile.TemporaryDirectory() as folder:
        parsers.run(project, target, Path(folder))
        content = json.loads((Path(folder) / "manifest.json").read_bytes())
    return manifests.compared(content, "its manifest", own)[0]


def _reasons(before: Any, after: Any) -> dict[str, set[tuple[str, str]]]:
    around = Surroundings(surroundings.new_key(), {}, {}, {})
    one, two = (fingerprint.take(each, "", around, lambda _: Content()) for each in (before, after))
    found = Comparison(one, two, Dependencies(after, one.macros)).reasons()
    return {uid: {(each.kind, each.effect) for each in several} for uid, several in found.items()}


def _seconds(who: int) -> float:
    spent = resource.getrusage(who)
    return spent.ru_utime + spent.ru_stime


def _projects(named: list[str], scratch: Path) -> Iterator[tuple[str, Path]]:
    if named:
        yield from ((Path(each).name, Path(each)) for each in named)
        return
    yield from ((each.name, each) for each in sorted(SUITE.iterdir()) if (each / "dbt_project.yml").is_file())
    yield "this repository", REPOSITORY
    generate(scratch / "generated", 1000)
    yield "generated", scratch / "generated"


def main(named: list[str]) -> None:
    """Print one table."""
    os.environ.setdefault("DATAOPS_HASH_SALT", "bench")
    print("| project | nodes | dbt, CPU s | v2, CPU s | plans | what differs, with the number of nodes |")
    print("| --- | ---: | ---: | ---: | --- | --- |")
    with tempfile.TemporaryDirectory() as place:
        scratch = Path(place)
        for at, (name, source) in enumerate(_projects(named, scratch)):
            try:
                print(read(name, source, scratch / str(at)).row(), flush=True)
            except DataopsError as error:
                print(f"| {name} | | | | | {error.message[:300]} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
