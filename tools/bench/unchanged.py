"""Nothing changed, nothing selected: the plan of a project against itself.

    python -m bench.unchanged FOLDER...      (in the folder tools/)

Each project is copied and parsed on DuckDB, whatever it is made for: nothing is run. It is compared with its own
revision in git, and with the artifacts that dbt itself writes for a copy in another folder, at another time, under
another target with another schema. Packages must lie in `dbt_packages` already. Environment variables that are not set
get the value 1. Exit code 1 if anything is selected.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import yaml

from dataops import config
from dataops.engines.registry import resolve
from dataops.errors import DataopsError
from dataops.plan import planning
from dataops.plan.plan import Plan
from dataops.project.session import Options, Project

_ENV = re.compile(r"env_var\(\s*['\"](\w+)['\"]\s*\)")
_LEFT_OUT = shutil.ignore_patterns(".git", "target", "logs", ".dataops", "*.duckdb", "*.wal", ".venv", "profiles.yml")


def main() -> int:
    """Check every project that is named."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, nargs="+", help="folder of dbt_project.yml")
    given = parser.parse_args()
    found = [check(folder.resolve()) for folder in given.folder]
    print(f"{sum(found)} of {len(found)} projects: nothing changed, nothing selected")
    return 0 if all(found) else 1


def check(folder: Path) -> bool:
    """Whether nothing is selected in a project that did not change; prints what is."""
    with tempfile.TemporaryDirectory(prefix="unchanged-") as temporary:
        work = Path(temporary)
        root, profiles = lay_out(folder, work)
        try:
            state = artifacts(root, profiles, work)
            by_revision, models = planned(root, profiles, "HEAD", None)
            by_artifacts, _ = planned(root, profiles, None, str(state))
        except (DataopsError, subprocess.CalledProcessError) as error:
            print(f"{folder.name}: not parsed: {error} {(getattr(error, 'stdout', None) or '')[-2000:]}")
            return False
    git, other = len(by_revision.run), len(by_artifacts.run)
    print(f"{folder.name}: {models} models; selected {git} against git, {other} against artifacts of another target")
    for plan in (by_revision, by_artifacts):
        for change in plan.changes[:10]:
            print(f"    {plan.base_kind}: {change.unique_id} {change.kind}: {', '.join(change.reasons)}")
    return not (by_revision.run or by_revision.changes or by_artifacts.run or by_artifacts.changes)


def lay_out(folder: Path, work: Path) -> tuple[Path, Path]:
    """A copy of the project in a git repository, and a profile in which production has another schema."""
    root, profiles = work / "project", work / "profiles"
    shutil.copytree(folder, root, ignore=_LEFT_OUT)
    outputs = {
        name: {"type": "duckdb", "path": f"{name}.duckdb", "schema": schema, "threads": 2}
        for name, schema in (("ci", "pr_7"), ("prod", "main"))
    }
    settings = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
    profiles.mkdir()
    document = {settings.get("profile", settings["name"]): {"target": "prod", "outputs": outputs}}
    (profiles / "profiles.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
    (root / ".gitignore").write_text("target/\nlogs/\n*.duckdb\n.dataops/\n", encoding="utf-8")
    who = ["-c", "user.name=bench", "-c", "user.email=bench@localhost"]
    for words in (["init", "-q"], ["add", "-A"], [*who, "commit", "-qm", "base"]):
        subprocess.run(["git", "-C", str(root), *words], check=True, stdout=subprocess.DEVNULL)
    for file in root.rglob("*"):
        if file.suffix in (".sql", ".yml", ".yaml") and file.is_file():
            for name in _ENV.findall(file.read_text(encoding="utf-8", errors="replace")):
                os.environ.setdefault(name, "1")
    return root, profiles


def artifacts(root: Path, profiles: Path, work: Path) -> Path:
    """What dbt writes for a copy elsewhere, under production's target, a moment ago."""
    elsewhere, state = work / "elsewhere" / "checkout", work / "state"
    shutil.copytree(root, elsewhere)
    words = ["parse", "--profiles-dir", str(profiles), "--target", "prod", "--target-path", str(state), "--quiet"]
    words += ["--no-send-anonymous-usage-stats", "--no-version-check"]
    dbt = Path(sys.executable).with_name("dbt")
    subprocess.run([str(dbt), *words], cwd=elsewhere, check=True, capture_output=True, text=True)
    (state / "partial_parse.msgpack").unlink(missing_ok=True)
    time.sleep(1)
    return state


def planned(root: Path, profiles: Path, base: str | None, state: str | None) -> tuple[Plan, int]:
    """The plan, and how many models the project has."""
    with Project(Options(root, profiles)).entered() as project:
        settings = config.load(root)
        drawn = planning.plan(project, resolve(project, settings, None), settings, base, state)
    return drawn.plan, sum(node.resource_type == "model" for node in drawn.head.manifest.nodes.values())


if __name__ == "__main__":
    sys.exit(main())
