"""Conventions on a generated project, in which every tenth model does something wrong, beside dbt-bouncer.

    python -m bench.check [--models 1900] [--runs 3] [--bouncer PATH] [--folder KEEP]      (in the folder tools/)

In this process: the rules on a parsed project, without and with a base, which is dbt's `manifest.json`. As commands:
`dataops check --all`, whose parse is warm, and, where `--bouncer` names the program of an environment that has it,
dbt-bouncer with the rules that both have, once the parse has written `manifest.json` for it. What the two find has to
be the same; exit code 1 if it is not. Seconds are those of the processors, user and system.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench.ci import python
from bench.projects import generate
from dataops import config
from dataops.check.checking import Base, Conventions
from dataops.check.rule import PRESETS
from dataops.config import Checks
from dataops.engines.registry import resolve
from dataops.project.session import Options, Project

BOTH = {
    "macros_are_described": "check_macro_description_populated",
    "models_are_described": "check_model_description_populated",
    "keys_are_tested": "check_model_has_unique_test",
    "models_are_tested": "check_model_has_tests_by_type",
    "relations_are_not_hard_coded": "check_model_hard_coded_references",
    "sheets_lie_beside": "check_model_documented_in_same_directory",
    "sources_are_declared_once": "check_duplicate_sources",
    "sources_are_read": "check_source_not_orphaned",
    "sources_have_freshness": "check_source_freshness_populated",
}
"""Rules that are in both, by our names."""

Found = set[tuple[str, str]]


def main() -> int:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", type=int, default=1900)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--bouncer", help="the program dbt-bouncer")
    parser.add_argument("--folder", type=Path, help="keep the generated project here and reuse it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = (given.folder or Path(temporary) / "project").resolve()
        if not (folder / "dbt_project.yml").exists():
            sow(folder, generate(folder, given.models))
        with Project(Options(project_dir=folder)).entered() as project:
            inside(project, given.models, given.runs)
            return beside(project, given.runs, given.bouncer)


def sow(folder: Path, names: list[str]) -> None:
    """Mistakes of nine kinds, and the settings under which all rules hold."""
    (folder / "dataops.yml").write_text("check: {preset: strict}\n")
    tables = "".join(f"      - {{name: {each}}}\n" for each in ("one", "two"))
    (folder / "models" / "sources.yml").write_text(
        "sources:\n" + "".join(f"  - name: {each}\n    schema: raw\n    tables:\n{tables}" for each in ("a", "b"))
    )
    for number, name in enumerate(names[::10]):
        layer = folder / "models" / f"layer_{name[1]}"
        sheet = layer / f"layer_{name[1]}.yml"
        text = sheet.read_text()
        start = text.index(f"  - name: {name}\n")
        end = text.find("\n  - name: ", start) + 1 or len(text)
        entry = text[start:end]
        if number % 3 == 0:
            entry = entry.replace("    description: A generated model.\n", "")
        elif number % 3 == 1:
            entry = entry.replace("        data_tests: [unique, not_null]\n", "")
        else:
            file = layer / f"{name}.sql"
            file.write_text(file.read_text() + f"-- a comment from raw.x\nunion all select * from raw.table_{number}\n")
        sheet.write_text(text[:start] + entry + text[end:])


def inside(project: Project, models: int, runs: int) -> None:
    """The rules alone."""
    targets = resolve(project, config.load(project.root), None)
    project.parse(targets.parsing)
    started = time.process_time()
    manifest = project.parse(targets.parsing).manifest
    print(f"{models:,} models, CPU seconds, median of {runs}")
    print(f"  {'warm parse':44} {time.process_time() - started:6.2f}")
    document = json.loads(json.dumps(manifest.writable_manifest().to_dict(omit_none=False), default=str))
    held = {each: Conventions.of(project.root, project.name, Checks(preset=each)) for each in PRESETS}
    for preset, rules in held.items():
        print(f"  {f'rules of {preset}':44} {_seconds(partial(rules.check, manifest, None), runs):6.2f}")
    base = Base("it", lambda: document)
    print(f"  {'rules of strict, with a base':44} {_seconds(partial(held['strict'].check, manifest, base), runs):6.2f}")


def _seconds(work: Callable[[], object], runs: int) -> float:
    found = []
    for _ in range(runs):
        started = time.process_time()
        work()
        found.append(time.process_time() - started)
    return statistics.median(found)


def beside(project: Project, runs: int, bouncer: str | None) -> int:
    """The commands, and what both find."""
    words = [python("dataops"), "check", "--all", "--format", "json"]
    ours, text = _command(words, runs)
    print(f"  {'dataops check --all, with import and parse':44} {ours:6.2f}")
    if bouncer is None:
        return 0
    findings = [each for each in json.loads(text)["findings"] if each["rule"] in BOTH]
    own = {(each["rule"], each["unique_id"]) for each in findings}
    # Of two declarations of a source one is a finding here, and both are there.
    own |= {(each["rule"], each["subject"]) for each in findings if each["rule"] == "sources_are_declared_once"}
    parse, _ = _command([python("dbt"), "parse", "--profiles-dir", "profiles", "--target", "ci", "--quiet"], runs)
    least = {"check_model_has_tests_by_type": "    min_number_of_schema_tests: 1\n"}
    checks = "".join(f"  - name: {each}\n{least.get(each, '')}" for each in BOTH.values())
    Path("bouncer.yml").write_text(f"manifest_checks:\n{checks}")
    theirs, _ = _command([bouncer, "--config-file", "bouncer.yml", "--output-file", "bouncer.json"], runs)
    print(f"  {'dbt parse, warm, for manifest.json':44} {parse:6.2f}")
    print(f"  {f'dbt-bouncer, {len(BOTH)} rules':44} {theirs:6.2f}")
    print(f"  dbt parse and dbt-bouncer take {(parse + theirs) / ours:.1f} times as long")
    names = {theirs: ours for ours, theirs in BOTH.items()}
    told = json.loads(Path("bouncer.json").read_text())
    other = {
        (names[each["check_run_id"].split(":")[0]], each["unique_id"]) for each in told if each["outcome"] == "failed"
    }
    return _same(own, other)


def _command(words: list[str], runs: int) -> tuple[float, str]:
    """Seconds of a command, and what it printed."""
    found, text = [], ""
    for _ in range(runs + 1):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(words, capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "160"})
        if done.returncode not in (0, 1):
            sys.exit(f"{' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
        text = done.stdout
    # The first one only warms.
    return statistics.median(found[1:]), text


def _same(own: Found, other: Found) -> int:
    for rule in BOTH:
        mine, theirs = ({uid for name, uid in each if name == rule} for each in (own, other))
        print(f"  {rule:44} {len(mine):6,} findings here, {len(theirs):,} there, {len(mine & theirs):,} in both")
        for uid in sorted(mine ^ theirs)[:3]:
            print(f"      only {'here' if uid in mine else 'there'}: {uid}")
    return int(own != other)


if __name__ == "__main__":
    sys.exit(main())
