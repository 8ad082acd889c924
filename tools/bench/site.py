"""The site of a large project: 1,000 models, 5,000 tests, 720 invocations.

    python -m bench.site [--models 1000] [--invocations 720] [--docs] [--folder KEEP]      (in the folder tools/)

Writes a history and a release as such a project leaves them, then times `dataops status` and, twice, `dataops site` as
commands, with memory and the sizes of what the latter wrote. `--docs` also parses a generated project of that size and
times `dbt docs generate --static` after a change of one model, beside the site's step.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from bench.projects import generate
from dataops.history import files
from dataops.history.records import KINDS, struct
from dataops.project import documentation
from dataops.store.location import Location
from dataops.store.record import Release
from dataops.store.state import State, pack

TESTS = 5
MONITORS = 100
NEWEST = datetime.now(timezone.utc).replace(tzinfo=None, minute=0, second=0, microsecond=0)


_RECORDS = """
    insert into record (kind, invocation) select 'invocation', {{
        'invocation_id': '{key}', 'command': 'deploy', 'status': 'success', 'origin': 'dataops', 'target': 'prod',
        'started_at': timestamp '{started}', 'seconds': 600.0, 'user': 'bench', 'host': 'bench'
    }};
    insert into record (kind, result) select 'result', {{
        'invocation_id': '{key}', 'unique_id': format('model.generated.m{{:04d}}', i), 'name': format('m{{:04d}}', i),
        'kind': 'model', 'status': 'success', 'started_at': timestamp '{started}' + to_seconds(i / 2),
        'finished_at': timestamp '{started}' + to_seconds(i / 2 + 1), 'seconds': 0.5 + i % 7,
        'thread': format('Thread-{{}}', i % 4), 'materialized': 'table'
    }} from range({models}) as r (i);
    insert into record (kind, result) select 'result', {{
        'invocation_id': '{key}', 'unique_id': format('test.generated.t{{:04d}}_{{}}.0', i, t),
        'name': format('t{{:04d}}_{{}}', i, t), 'kind': 'test',
        'status': case when hash(i, t, '{key}') % 500 = 0 then 'fail' else 'pass' end, 'failures': 3,
        'started_at': timestamp '{started}' + to_seconds(i / 2 + 1),
        'finished_at': timestamp '{started}' + to_seconds(i / 2 + 2), 'seconds': 0.1, 'test_type': 'generic',
        'thread': format('Thread-{{}}', i % 4), 'tested': format('model.generated.m{{:04d}}', i), 'owners': ['data']
    }} from range({models}) as r (i), range({tests}) as s (t);
    insert into record (kind, point) select 'point', {{
        'invocation_id': '{key}', 'unique_id': format('test.generated.t{{:04d}}_0.0', i), 'metric': 'row_count',
        'bucket': date_trunc('day', timestamp '{started}') - to_days(d::integer), 'value': 1000 + hash(i, d) % 60,
        'centre': 1030, 'lower': 900, 'upper': 1160, 'is_anomaly': false, 'is_detected': d < 2
    }} from range({monitors}) as r (i), range(16) as s (d);
"""


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--invocations", type=int, default=720)
    parser.add_argument("--docs", action="store_true")
    parser.add_argument("--folder", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = (given.folder or Path(temporary)).resolve()
        if given.docs:
            documented(folder / "docs", given.models)
            return
        root = folder / "project"
        if not root.exists():
            started = time.perf_counter()
            lay_out(root, given.models, given.invocations)
            print(f"laid out in {time.perf_counter() - started:.0f} s")
        for command in ("status", "site", "site"):
            seconds, working, memory = timed([sys.executable, "-m", "dataops", command], root)
            print(f"dataops {command}: {seconds:.1f} s, of them {working:.1f} s working, {memory / 1e6:.0f} MB")
        site = root / "target" / "dataops" / "site"
        sizes = {path.relative_to(site): path.stat().st_size for path in site.rglob("*") if path.is_file()}
        for name in ("index.html", "charts.html", "runs.html", "lineage.html", "data/lineage.js", "docs/index.html"):
            print(f"{name}: {sizes[Path(name)] / 1e6:.2f} MB")
        print(f"all {len(sizes)} files: {sum(sizes.values()) / 1e6:.1f} MB")


def lay_out(root: Path, models: int, invocations: int) -> None:
    """A project's folder with a state: one release, and its history."""
    root.mkdir(parents=True)
    (root / "dbt_project.yml").write_text("name: generated\n")
    state = root / ".dataops" / "state"
    manifest, catalog = artifacts(models)
    moment = f"{NEWEST:%Y-%m-%dT%H:%M:%S.%fZ}"
    release = Release("20260301T060000Z-0a1b2c", moment, "deploy", None, "bench", "duckdb", "1.11", None, models, 0, 0)
    store = State(str(state))
    bundle = {"manifest.json": json.dumps(manifest).encode(), "catalog.json": json.dumps(catalog).encode()}
    store.record(release, pack(bundle))
    store.point(release.id)
    history(Location(str(state)), root, models, invocations)


def artifacts(models: int) -> tuple[dict[str, Any], dict[str, Any]]:
    """A manifest and a catalog: each model joins two earlier ones, 40 columns each, 60 lines of SQL."""
    nodes: dict[str, Any] = {}
    shared = {
        "package_name": "generated", "database": "p", "schema": "main", "description": "", "tags": [], "meta": {},
        "patch_path": None,
    }  # fmt: skip
    catalog: dict[str, Any] = {}
    columns = {f"column_{each}": {"index": each, "type": "INTEGER", "name": f"column_{each}"} for each in range(40)}
    for number in range(models):
        key = f"model.generated.m{number:04d}"
        parents = [f"model.generated.m{each:04d}" for each in {number // 2, number // 3} if each < number]
        read = " join ".join(f"p.main.m{up[-4:]} as r{up[-4:]}" for up in parents) or "(select 1 as id) as r0000"
        chosen = ",\n".join(
            f"    r{parents[0][-4:]}.{name} + 1 as {name}" if parents else f"    1 as {name}" for name in columns
        )
        joined = " using (column_0)" if len(parents) > 1 else ""
        nodes[key] = {
            **shared, "resource_type": "model", "name": key[-5:], "unique_id": key,
            "alias": key[-5:], "language": "sql", "original_file_path": f"models/{key[-5:]}.sql",
            "raw_code": chosen, "compiled_code": f"select\n{chosen}\nfrom {read}{joined}", "columns": {},
            "depends_on": {"nodes": parents, "macros": []}, "config": {"materialized": "table"},
        }  # fmt: skip
        catalog[key] = {"columns": columns}
        for test in range(TESTS):
            own = f"test.generated.t{number:04d}_{test}.0"
            nodes[own] = {
                **shared, "resource_type": "test", "name": own.split(".")[2], "unique_id": own, "attached_node": key,
                "depends_on": {"nodes": [key], "macros": []}, "compiled_code": "select 1", "config": {},
                "original_file_path": "models/models.yml", "column_name": "column_0",
                "test_metadata": {"name": "unique", "kwargs": {"column_name": "column_0"}},
            }  # fmt: skip
    manifest = {
        "metadata": {"adapter_type": "duckdb", "project_name": "generated"},
        "nodes": nodes, "sources": {}, "exposures": {}, "unit_tests": {}, "macros": {},
    }  # fmt: skip
    return manifest, {"nodes": catalog, "sources": {}}


def history(place: Location, root: Path, models: int, invocations: int) -> None:
    """One deploy an hour. Each holds all models and tests, and the points of the monitors."""
    connection = files.connect()
    structs = ", ".join(f"{kind} {struct(kind)}" for kind in KINDS)
    connection.execute(f"create temp table record (kind varchar, {structs})")
    for number in range(invocations):
        started = NEWEST - timedelta(hours=invocations - 1 - number)
        key = f"{number:08x}-0000-4000-8000-000000000000"
        connection.execute("delete from record")
        connection.execute(_RECORDS.format(key=key, started=started, models=models, tests=TESTS, monitors=MONITORS))
        stem = f"{started:%Y%m%dT%H%M%S%f}Z-{key}"
        files.write(connection, place, "from record", stem, [key], [], root / "journal.jsonl")


def timed(
    words: list[str], folder: Path, environment: Mapping[str, str] | None = None, check: bool = True
) -> tuple[float, float, int]:
    """Seconds, those of a processor, and the largest memory (bytes) of a command."""
    started = time.perf_counter()
    child = subprocess.Popen(words, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    # `status` of the generated history ends with 1: some of its tests fail.
    if check and child.returncode > 1:
        raise subprocess.CalledProcessError(child.returncode, words)
    return time.perf_counter() - started, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024


def documented(folder: Path, models: int) -> None:
    """`dbt docs generate --static` after a change of one model, and the site's step on what it left."""
    if not folder.exists():
        names = generate(folder, models)
        print(f"{len(names)} models")
        subprocess.run(["dbt", "--quiet", "parse", "--profiles-dir", "profiles"], cwd=folder, check=True)
    changed = next(folder.rglob("m4_0007.sql"))
    changed.write_text(changed.read_text() + "-- changed\n")
    command = ["dbt", "--quiet", "docs", "generate", "--static", "--profiles-dir", "profiles"]
    seconds, working, _ = timed(command, folder)
    manifest, catalog = ((folder / "target" / name).read_bytes() for name in ("manifest.json", "catalog.json"))
    started = time.perf_counter()
    page = documentation.page(manifest, catalog)
    own = time.perf_counter() - started
    print(f"dbt docs generate: {seconds:.1f} s, of them {working:.1f} s working")
    print(f"the site's step: {own:.2f} s, {len(page) / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
