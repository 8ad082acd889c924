"""dbt to the Open Data Contract Standard and back, in a copy of a project: what is lost?

`python -m tests.contract.round_trip PROJECT FOLDER [OPTION…]`, in `tools`: leaves the copy and the documents in FOLDER.
"""

from __future__ import annotations

import datetime
import json
import shutil
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft201909Validator

from dataops.contract import exporting, importing
from dataops.project.session import Options, Project
from dataops.sheets.files import write

TODAY = datetime.date(2026, 1, 1)


def standard() -> Draft201909Validator:
    """The standard's own schema, as the library ships it."""
    text = resources.files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8")
    return Draft201909Validator(json.loads(text))


def facts(manifest: Any, package: str) -> dict[str, Any]:
    """All that dbt knows from YAML of models and their tests, by unique id."""
    found: dict[str, Any] = {}
    for uid, node in manifest.nodes.items():
        if node.package_name != package:
            continue
        if uid.startswith("model."):
            found[uid] = {
                "description": node.description,
                "tags": sorted(set(node.tags)),
                "config": {**node.config.to_dict(), "tags": sorted(set(node.config.tags))},
                "access": str(node.access),
                "group": node.group,
                "version": (node.version, node.latest_version, str(node.deprecation_date)),
                "constraints": [str(each.to_dict()) for each in node.constraints],
                "columns": {
                    name: {**each.to_dict(), "tags": sorted(each.tags), "doc_blocks": None}
                    for name, each in node.columns.items()
                },
            }
        elif uid.startswith("test.") and getattr(node, "test_metadata", None) is not None:
            found[uid] = {
                "kwargs": {key: each for key, each in node.test_metadata.kwargs.items() if key != "model"},
                "config": node.config.to_dict(),
                "description": node.description,
                "of": (node.attached_node, node.column_name),
            }
    return found


def trip(root: Path, target: str, **options: Any) -> tuple[dict[str, Any], dict[str, Any], list[str], Path]:
    """The facts before and after, what the import had to say, and the folder of the documents. Changes the project."""
    project = Project(Options(project_dir=root, **options))
    manifest = project.parse(project.profile.target(target)).manifest
    before = facts(manifest, project.name)
    folder = root.parent / "contracts"
    folder.mkdir(exist_ok=True)
    check = standard()
    models = [uid for uid in before if uid.startswith("model.") and manifest.nodes[uid].patch_path]
    for uid in models:
        made = exporting.document(manifest, uid, TODAY)
        check.validate(yaml.safe_load(made.to_yaml()))
        (folder / f"{made.name}.odcs.yaml").write_text(made.to_yaml(), encoding="utf-8")
    for path in {manifest.nodes[uid].patch_path.split("://", 1)[1] for uid in models}:
        forget(root / path)
    # dbt's partial parse keeps of a node what a file no longer says of it.
    shutil.rmtree(root / "target", ignore_errors=True)
    documents = [(path, importing.read(path)) for path in sorted(folder.glob("*.yaml"))]
    bare = Project(Options(project_dir=root, **options))
    found = importing.imported(bare.parse(bare.profile.target(target)).manifest, bare.name, documents)
    write(root, found.files(root))
    shutil.rmtree(root / "target", ignore_errors=True)
    again = Project(Options(project_dir=root, **options))
    manifest = again.parse(again.profile.target(target)).manifest
    return before, facts(manifest, again.name), found.notes, folder


def forget(sheet: Path) -> None:
    """Take all entries of models out of a file; of those with versions as much stays as dbt reads."""
    content = yaml.safe_load(sheet.read_text(encoding="utf-8"))
    kept = []
    for each in content.pop("models"):
        if "versions" in each:
            bare = [{key: one[key] for key in ("v", "defined_in") if key in one} for one in each["versions"]]
            if first := [{"name": one["name"], "data_type": one.get("data_type")} for one in each.get("columns") or ()][
                :1
            ]:
                bare = [{**one, "columns": [dict(each) for each in first]} for one in bare]
            kept.append({"name": each["name"], "versions": bare})
    if kept:
        content["models"] = kept
    sheet.write_text(yaml.safe_dump(content, sort_keys=False, allow_unicode=True) if content else "", encoding="utf-8")


def difference(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    """What differs, in words."""
    found = [f"lost {uid}" for uid in before.keys() - after.keys()] + [
        f"new {uid}" for uid in after.keys() - before.keys()
    ]
    for uid in before.keys() & after.keys():
        for key, value in before[uid].items():
            if value != after[uid][key]:
                found.append(f"{uid} {key}: {value} != {after[uid][key]}")
    return sorted(found)


def main() -> None:
    source, place, *rest = sys.argv[1:]
    root = Path(place) / "project"
    shutil.copytree(source, root, symlinks=True, ignore=shutil.ignore_patterns(".venv", "target", ".git", "warehouse"))
    profiles = root / rest[1] if len(rest) > 1 else root
    before, after, notes, folder = trip(root, rest[0], profiles_dir=profiles)
    lost = difference(before, after)
    tests = sum(uid.startswith("test.") for uid in before)
    print(f"{len(before) - tests} models, {tests} generic tests; documents in {folder}; {len(notes)} notes")
    print("\n".join(lost) if lost else "the difference is empty")
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
