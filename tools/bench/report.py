"""`dataops report` beside Elementary's own `edr report`: the same project, the same invocations.

    python -m bench.report --package FOLDER --utils FOLDER [--runs 3] [--folder KEEP]      (in the folder tools/)

`--package` is a checkout of elementary-data/dbt-data-reliability, `--utils` one of dbt-labs/dbt-utils; neither is
part of this repository. The project is `bench/reported`: owners, tags, groups, exposures, sources that are fresh, late
and missing, tests of every outcome. dbt itself runs it with Elementary's hooks, `dataops record` takes the artifacts of
the very same runs, both pages are made, and what they hold is counted and compared. Then the times: of each report, and
of a build with plain dbt, with our recording, with Elementary's hooks.
"""

from __future__ import annotations

import argparse
import base64
import json
import os
import re
import shutil
import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import elementary
import yaml

from bench.site import timed
from dataops.store.record import Release
from dataops.store.state import State, pack

PROJECT = Path(__file__).parent / "reported"
DAYS = (1, 3, 2)
"""What each run finds is told by the variable `day`: all well; a model and a test that break; tests that fail."""

DBT = [str(Path(sys.executable).with_name("dbt")), "--quiet"]
DATAOPS = [sys.executable, "-m", "dataops"]
EDR = [sys.executable, "-c", "from elementary.cli.cli import cli; cli()"]
OF_DBT = ["--profiles-dir", "profiles"]

Page = Mapping[str, Any]


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--package", type=Path, required=True)
    parser.add_argument("--utils", type=Path, required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        if not folder.joinpath("hooked").exists():
            lay_out(folder, given.package.resolve(), given.utils.resolve())
            make_history(folder)
        for line in compared(folder, given.runs):
            print(line)
        for line in built(folder, given.runs):
            print(line)


def lay_out(folder: Path, package: Path, utils: Path) -> None:
    """The project twice, plain and with Elementary's package, and a copy of its command with its own dbt project."""
    shutil.copytree(PROJECT, folder / "plain")
    shutil.copytree(PROJECT, folder / "hooked")
    hook(folder, "shop", package, utils)


def hook(folder: Path, profile: str, package: Path, utils: Path) -> None:
    """Lay Elementary's package into the project `hooked`, and a copy of its command with its own project beside it."""
    profiles = folder / "hooked" / "profiles" / "profiles.yml"
    told = yaml.safe_load(profiles.read_text())
    # Elementary's command runs in a folder of its own.
    for name, output in told[profile]["outputs"].items():
        output["path"] = str(folder / "hooked" / f"{name}.duckdb")
    profiles.write_text(json.dumps(told | {"elementary": told[profile]}))
    command = folder / "command" / "elementary"
    shutil.copytree(Path(elementary.__file__).parent, command)
    own = command / "monitor" / "dbt_project"
    settings = folder / "command" / ".edr"
    settings.mkdir()
    (settings / "config.yml").write_text("anonymous_usage_tracking: false\n")
    for project in (folder / "hooked", own):
        # Elementary fetches its packages where they are not of the version that is named; of a folder none is.
        local = [{"local": str(each)} for each in (package, utils)]
        (project / "packages.yml").write_text(json.dumps({"packages": local}))
        packages = project / "dbt_packages"
        packages.mkdir()
        (packages / "elementary").symlink_to(package)
        (packages / "dbt_utils").symlink_to(utils)


def make_history(folder: Path) -> None:
    """Run dbt with Elementary's hooks, and record what the same runs left."""
    root = folder / "hooked"
    for day in DAYS:
        for words in (["build", "--vars", f"{{day: {day}}}"], ["source", "freshness"]):
            timed([*DBT, *words, *OF_DBT], root, check=False)
            timed([*DATAOPS, "record", "target"], root)


def edr(folder: Path, *words: str) -> tuple[float, float, int]:
    """Run a command of Elementary's; what it took, as `timed` says it."""
    command = str(folder / "command")
    return timed([*EDR, *words, *OF_DBT], folder / "hooked", {**os.environ, "PYTHONPATH": command, "HOME": command})


def release(folder: Path) -> None:
    """Make what dbt last wrote the live release, as the projects are whose reports people open."""
    store = State(str(folder / "hooked" / ".dataops" / "state"))
    manifest = (folder / "hooked" / "target" / "manifest.json").read_bytes()
    made = Release(
        "20260301T060000Z-0a1b2c",
        "2026-03-01T06:00:00.000000Z",
        "deploy",
        None,
        "bench",
        "duckdb",
        "1.11",
        None,
        6,
        0,
        0,
    )
    store.record(made, pack({"manifest.json": manifest}))
    store.point(made.id)


def compared(folder: Path, runs: int) -> Iterator[str]:
    """What both pages hold, and what each took to make."""
    root, theirs, ours = folder / "hooked", folder / "edr.html", folder / "dataops.html"
    yield from took(
        "edr report", runs, lambda: edr(folder, "report", "--file-path", str(theirs), "--open-browser", "false")
    )
    yield from took(
        "dataops report, nothing released", runs, lambda: timed([*DATAOPS, "report", *OF_DBT, "--to", str(ours)], root)
    )
    release(folder)
    yield from took(
        "dataops report, of a release", runs, lambda: timed([*DATAOPS, "report", *OF_DBT, "--to", str(ours)], root)
    )
    counts = [counted(read(file)) for file in (theirs, ours)]
    yield "| | Elementary | dataops |\n| --- | --- | --- |"
    for name in counts[0] | counts[1]:
        yield f"| {name} | {counts[0].get(name, 0)} | {counts[1].get(name, 0)} |"


def built(folder: Path, runs: int) -> Iterator[str]:
    """What a build takes: without the package, recorded by us, and with Elementary's hooks."""
    for name, words, project in (
        ("dbt build", [*DBT, "build"], "plain"),
        ("dataops build", [*DATAOPS, "build"], "plain"),
        ("dbt build with Elementary's hooks", [*DBT, "build", "--exclude", "package:elementary"], "hooked"),
    ):
        yield from took(name, runs, partial(timed, [*words, *OF_DBT], folder / project, check=False))


def took(name: str, runs: int, run: Callable[[], tuple[float, float, int]]) -> Iterator[str]:
    """The median of some runs."""
    seconds, working, memory = (statistics.median(each) for each in zip(*(run() for _ in range(runs)), strict=True))
    yield f"{name}: {seconds:.1f} s, of them {working:.1f} s working, {memory / 1e6:.0f} MB"


def read(file: Path) -> Page:
    """What a page shows."""
    given = re.search(r"JSON\.parse\(atob\('([^']+)'", file.read_text(encoding="utf-8"))
    if given is None:
        raise SystemExit(f"{file} holds no data")
    page: Page = json.loads(base64.b64decode(given[1]))
    return page


def counted(page: Page) -> dict[str, int]:
    """How much of each thing a page shows."""
    results = [each for listed in page["test_results"].values() for each in listed]
    runs = [each for listed in page["test_runs"].values() for each in listed]
    told = {f"{kind}s": number for kind, number in _sorted(key.split(".")[0] for key in page["models"])}
    told |= {"tests": len(page["tests"]), "test results": len(results)}
    told |= {
        f"test results: {status}": number
        for status, number in _sorted(_said(each, "latest_run_status") for each in results)
    }
    told |= {
        f"test results of {kind}": number for kind, number in _sorted(_said(each, "test_type") for each in results)
    }
    told["test runs"] = sum(len(each["test_runs"]["invocations"]) for each in runs)
    told |= {
        f"test runs: {status}": number
        for status, number in _sorted(one["status"] for each in runs for one in each["test_runs"]["invocations"])
    }
    told["models with runs"] = len(page["model_runs"])
    told["runs of models"] = sum(len(each["runs"]) for each in page["model_runs"])
    told["nodes with tests"] = len(page["coverages"])
    told["tests of columns"] = sum(each["column_tests"] for each in page["coverages"].values())
    told["tests of tables"] = sum(each["table_tests"] for each in page["coverages"].values())
    told["nodes of the lineage"], told["edges"] = len(page["lineage"]["nodes"]), len(page["lineage"]["edges"])
    told["owners"], told["tags"] = len(page["groups"]["owners"]), len(page["groups"]["tags"])
    told["files in the tree"] = json.dumps(page["groups"]["dbt"]).count('"node_id"')
    for name in ("test_results", "test_runs", "model_runs"):
        told[f"filters of {name.replace('_', ' ')}"] = len(page["filters"][name])
    return told


def _said(result: Mapping[str, Any], name: str) -> str:
    return str(result["metadata"][name])


def _sorted(words: Iterable[str]) -> list[tuple[str, int]]:
    return sorted(Counter(words).items())


if __name__ == "__main__":
    main()
