"""Kills `dataops deploy` at random moments and looks at what production is then.

    python tools/bench/kill_deploy.py [KILLS] [SEED]

A project with one release is deployed again and again, each time with the next edition, and each deploy is killed
with SIGKILL at a moment drawn from the time that a whole deploy takes. After each kill production must be one whole
release, and after the next command the state must say which. Exit code 1 if it ever is not.
"""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import duckdb

MODELS = 6
ROWS = 20_000


def lay_out(root: Path) -> None:
    """A project whose models all carry the edition, so that a mixture of two releases shows."""
    (root / "models").mkdir(parents=True)
    (root / "dbt_project.yml").write_text(
        "name: editions\nprofile: editions\nversion: '1.0'\nflags: {send_anonymous_usage_stats: false}\n"
        "models: {editions: {+materialized: table}}\n"
    )
    (root / "profiles.yml").write_text(
        "editions:\n  target: prod\n  outputs:\n    prod: {type: duckdb, path: prod.duckdb, threads: 2}\n"
    )
    names = [f"m{number}" for number in range(MODELS)]
    for name in names:
        (root / "models" / f"{name}.sql").write_text(
            f"select range as id, {{{{ var('edition') }}}} as edition from range({ROWS})\n"
        )
    sheets = "".join(f"  - {{name: {name}, columns: [{{name: id, data_tests: [unique]}}]}}\n" for name in names)
    (root / "models" / "models.yml").write_text("models:\n" + sheets)


def publish(root: Path, edition: int) -> None:
    text = (root / "dbt_project.yml").read_text().split("vars:")[0]
    (root / "dbt_project.yml").write_text(f"{text}vars: {{edition: {edition}}}\n")


def start(root: Path, *words: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "dataops", *words],
        cwd=root,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )


def run(root: Path, *words: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "dataops", *words], cwd=root, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"dataops {' '.join(words)}: {done.stdout}{done.stderr}")
    return done.stdout


def edition(root: Path) -> int | None:
    """The edition of production; None when it is not one whole release."""
    query = " union all ".join(f"select edition, count(*) as n from m{number} group by 1" for number in range(MODELS))
    try:
        with duckdb.connect(str(root / "prod.duckdb"), read_only=True) as connection:
            found = connection.execute(f"select distinct edition, n from ({query})").fetchall()
    except duckdb.Error:
        return None
    return int(found[0][0]) if len(found) == 1 and found[0][1] == ROWS else None


def main(kills: int, seed: int) -> int:
    dice = random.Random(seed)
    bad = new = 0
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        lay_out(root)
        publish(root, 1)
        run(root, "deploy")
        publish(root, 2)
        started = time.perf_counter()
        run(root, "deploy")
        whole = time.perf_counter() - started
        print(f"a whole deploy takes {whole:.1f} s; {kills} kills, seed {seed}")
        releases = {live(root): 2}
        last = 2
        for number in range(1, kills + 1):
            publish(root, last + 1)
            process = start(root, "deploy")
            # The import of dbt is not where anything can go wrong: aim at the rest, a little beyond the end.
            moment = dice.uniform(0.3, 1.05) * whole
            time.sleep(moment)
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            ended = " (it had ended)" if process.returncode == 0 else ""
            was = edition(root)
            listed = run(root, "releases", "--format", "json")
            now = next(each["id"] for each in json.loads(listed)["releases"] if each["live"])
            if was == last + 1:
                releases.setdefault(now, was)
            agrees = releases.get(now) == was
            name = {last: "the old release", last + 1: "the new release"}.get(was or 0, "NEITHER RELEASE")
            print(
                f"{number:3} killed at {moment:5.2f} s: production is {name}, "
                f"state {'agrees' if agrees else 'DISAGREES'}{ended}"
            )
            bad += not agrees or name.isupper()
            new += was == last + 1
            publish(root, last + 2)
            run(root, "deploy")
            last += 2
            releases[live(root)] = last
            if edition(root) != last:
                print("    the next deploy did NOT publish its release")
                bad += 1
    print(f"{kills} kills: {kills - new - bad} left the old release, {new} the new one, {bad} something else")
    return 1 if bad else 0


def live(root: Path) -> str:
    return str(json.loads((root / ".dataops" / "state" / "current.json").read_text())["release"])


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in (*sys.argv[1:3], *("20", "7")[len(sys.argv[1:3]) :]))))
