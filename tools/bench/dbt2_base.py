"""Edits of a project, planned against dbt's own inputs and against the manifest that dbt 2 wrote of it: none is missed.

    python -m bench.dbt2_base PROJECT MANIFEST [EDITS]        in `tools`

PROJECT is copied; MANIFEST is dbt 2's, of the unedited project under production's target. What counts as changed by dbt
1's inputs of the same project, all of them known, has to count by dbt 2's manifest too.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

from bench.mutate import input_edits, project_edits
from dataops import config
from dataops.engines.registry import resolve
from dataops.errors import DataopsError
from dataops.plan.reasons import INERT, Comparison
from dataops.project import baseline, surroundings
from dataops.project.dependencies import Dependencies, environment
from dataops.project.fingerprint import Fingerprints
from dataops.project.invocation import Parsed
from dataops.project.session import Options, Project


def _counting(project: Project, before: Fingerprints, head: Parsed) -> set[str]:
    output = project.profile.output(head.target.name)
    around = before.surroundings
    after = baseline.taken(project, head, around.key, output, around.environment)
    found = Comparison(before, after, Dependencies(head.manifest, before.macros)).reasons()
    return {uid for uid, several in found.items() if any(each.effect != INERT for each in several)}


def _comes_along(manifest: Any, uid: str, changed: set[str]) -> bool:
    """Whether a unit test runs because its model does."""
    test = manifest.unit_tests.get(uid)
    return test is not None and bool(changed.intersection(test.depends_on.nodes))


def _stripped(text: str | None) -> str:
    return (text or "").replace("\r\n", "\n").strip()


def main(source: Path, manifest: Path, edits: int) -> int:
    """Print how many edits counted by one, by both, and those that only dbt 1's inputs see."""
    dice = random.Random(7)
    told: Counter[str] = Counter()
    with tempfile.TemporaryDirectory() as place:
        root = Path(place) / "project"
        left = {"target", "logs", ".venv", ".git"}
        shutil.copytree(source, root, symlinks=True, ignore=lambda at, _: left if Path(at) == source else set())
        (root / "artifacts").mkdir()
        shutil.copyfile(manifest, root / "artifacts" / "manifest.json")
        places = [each for each in ("profiles", "profiles_x", ".") if (root / each / "profiles.yml").is_file()]
        project = Project(Options(project_dir=root, profiles_dir=root / places[0]))
        proposals = {**project_edits.kinds(), **input_edits.kinds()}
        with project.entered():
            targets = resolve(project, config.Settings(), None)
            first = project.parse(targets.production)
            output = project.profile.output(targets.production.name)
            known = baseline.taken(project, first, surroundings.new_key(), output, environment(first.manifest))
            given = project_edits.sources(root)
            while told["edits"] < edits:
                kind = dice.choice(sorted(proposals))
                edit: Any = proposals[kind](given, dice)
                if edit is None or edit.environment or edit.vars or edit.flags:
                    continue
                with edit.made(root):
                    try:
                        opened = Project(project.options)
                        head = opened.parse(targets.production)
                    except DataopsError:
                        told["not read"] += 1
                        continue
                    before = baseline.from_artifacts(root / "artifacts", opened, targets, head).prints
                    own, by_dbt2 = (_counting(opened, each, head) for each in (known, before))
                told["edits"] += 1
                told["of consequence"] += bool(own)
                missed = {uid for uid in own - by_dbt2 if not _comes_along(head.manifest, uid, by_dbt2)}
                if missed and kind == "bytes of a seed" and _stripped(edit.before) == _stripped(edit.after):
                    # A manifest has dbt's own checksum of a seed, for which that is nothing.
                    told["space around a seed"] += 1
                elif missed and kind == "quoting" and head.manifest.metadata.quoting == first.manifest.metadata.quoting:
                    told["quoting that was the default"] += 1
                elif missed:
                    told["MISSED"] += 1
                    print(f"MISSED {kind}: {sorted(missed)[:5]}\n{edit.diff[:800]}", flush=True)
    print(json.dumps(told))
    return 1 if told["MISSED"] else 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2]), int((sys.argv[3:] or ["200"])[0])))
