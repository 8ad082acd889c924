"""The core of the suite on every dbt that is supported, on every Python that is here, as one table.

    python tools/matrix.py [--python 3.11] [--dbt 1.12] [--folder .matrix] [--workers 2] [PYTEST OPTIONS]

Each pair gets an environment of its own, which is kept in the folder for the next time. The locked dbt is installed as
constraints.txt says; any other with the newest release of its line, everything else locked as far as it allows.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")
LOCKED = "1.12"
DBTS = {"1.10": "dbt-core~=1.10.0", "1.11": "dbt-core~=1.11.0", LOCKED: "", "1.13": "dbt-core>=1.13.0b1,<1.14"}
BETA = "1.13"
"""The line that may ask for what cannot be installed; all others have to."""

FREE = ("dbt-core", "dbt-core-experimental-parser", "sqlparse")
"""What a line of dbt may need in another version than the locked one."""

PARSER = "dbt-core-experimental-parser"
CORE = (
    "project/test_inventory.py",
    "project/test_flags.py",
    "project/test_versions.py",
    "project/test_slices.py",
    "project/test_failures.py",
    "plan/test_todays_dbt.py",
    "plan/test_all_that_is_read.py",
    "plan/test_partly.py",
    "release/test_deploy.py",
    "diff/test_command.py",
    "history/test_history.py",
)
"""What meets dbt: its fields and flags, a parse, a slice, and each command that runs nodes, from end to end."""


class NotInstalledError(Exception):
    """Why pip could not."""


@dataclass(frozen=True)
class Row:
    """One pair of versions. `told`: the tests by their end, or why there are none."""

    python: str
    dbt: str
    told: str
    good: bool
    note: str = ""

    def __str__(self) -> str:
        """As a row of the table."""
        return f"| {self.python} | {self.dbt} | {self.told} |{f' {self.note}' if self.note else ''} |"


def main() -> int:
    """Print the table; 1 where a test failed or nothing ran."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--python", action="append", choices=PYTHONS, help="this Python alone; may be repeated")
    parser.add_argument("--dbt", action="append", choices=DBTS, help="this dbt alone; may be repeated")
    parser.add_argument("--folder", type=Path, default=ROOT / ".matrix", help="where environments are kept")
    parser.add_argument("--workers", default="2", help="of pytest")
    given, pytest = parser.parse_known_args()
    pairs = [(each, dbt) for each in given.python or PYTHONS for dbt in given.dbt or DBTS]
    rows = []
    for version, dbt in pairs:
        found = shutil.which(f"python{version}")
        works = found and subprocess.run([found, "-c", "import venv"], capture_output=True, check=False).returncode == 0
        rows.append(row(version, dbt, given, pytest) if works else Row(version, dbt, "not on this machine", good=True))
        print(f"{rows[-1]}", file=sys.stderr, flush=True)
    print("| Python | dbt-core | tests | |\n| --- | --- | --- | --- |", *rows, sep="\n")
    return 0 if all(each.good for each in rows) and any("passed" in each.told for each in rows) else 1


def row(version: str, dbt: str, given: argparse.Namespace, pytest: Sequence[str]) -> Row:
    """One pair: install it, and run the core."""
    try:
        python, note = environment(version, dbt, given.folder)
    except NotInstalledError as error:
        return Row(version, dbt, f"does not install: {error}", good=dbt == BETA)
    asked = "import importlib.metadata; print(importlib.metadata.version('dbt-core'))"
    exact = subprocess.run([python, "-c", asked], capture_output=True, text=True, check=True).stdout.strip()
    files = [f"tools/tests/{each}" for each in CORE]
    words = ["-p", "no:cacheprovider", "-n", given.workers, "--dist", "worksteal", *pytest, *files]
    started = time.monotonic()
    log = given.folder / f"{version}-{dbt}.log"
    with log.open("w", encoding="utf-8") as output:
        code = subprocess.run([python, "-m", "pytest", *words], cwd=ROOT, stdout=output, stderr=output, check=False)
    seconds = time.monotonic() - started
    return Row(version, exact, f"{counts(log.read_text(encoding='utf-8'))}, {seconds:.0f} s", not code.returncode, note)


def counts(log: str) -> str:
    """`120 passed, 0 failed, 3 skipped` out of pytest's last line."""
    last = (log.strip().splitlines() or [""])[-1]
    found = {name: int(count) for count, name in re.findall(r"(\d+) (passed|failed|error|skipped)", last)}
    failed = found.get("failed", 0) + found.get("error", 0)
    return f"{found.get('passed', 0)} passed, {failed} failed, {found.get('skipped', 0)} skipped"


def environment(version: str, dbt: str, folder: Path) -> tuple[str, str]:
    """The Python of a pair's environment, and what is to be said of how it was made."""
    locked = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    asked = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    dependencies = asked.partition("[project.scripts]")[0]
    name = hashlib.sha256(f"{locked}{dependencies}{DBTS[dbt]}".encode()).hexdigest()[:8]
    place = folder / f"{version}-{dbt}-{name}"
    python, done = str(place / "bin" / "python"), place / "made.json"
    if not done.exists():
        shutil.rmtree(place, ignore_errors=True)
        subprocess.run([f"python{version}", "-m", "venv", str(place)], check=True)
        done.write_text(json.dumps(install(python, dbt, locked.splitlines(), place)), encoding="utf-8")
    return python, json.loads(done.read_text(encoding="utf-8"))


def install(python: str, dbt: str, locked: Sequence[str], place: Path) -> str:
    """Install the project with its tests and one dbt; without dbt's second parser, where that alone cannot be had."""
    free = FREE if DBTS[dbt] else ()
    constraints = place / "constraints.txt"
    constraints.write_text("\n".join(each for each in locked if each.split("==")[0] not in free), encoding="utf-8")
    own = ["-c", str(constraints), "-e", f"{ROOT}[dev]"]
    try:
        pip(python, "install", *own, *filter(None, [DBTS[dbt]]))
    except NotInstalledError as error:
        if not DBTS[dbt] or PARSER not in str(error):
            raise
        told = pip(python, "install", "--dry-run", "--no-deps", "--report", "-", DBTS[dbt])
        metadata = json.loads(told[told.index("{") :])["install"][0]["metadata"]
        others = [each for each in metadata["requires_dist"] if not each.startswith(PARSER) and ";" not in each]
        constraints.write_text("\n".join(locked), encoding="utf-8")
        pip(python, "install", *own, *others)
        pip(python, "install", "--no-deps", f"dbt-core=={metadata['version']}")
        return f"without {PARSER}, which downloads a program while it is installed"
    return ""


def pip(python: str, *words: str) -> str:
    """What pip printed.

    Raises:
        NotInstalledError: with its last words.
    """
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_COLOR": "1"}
    done = subprocess.run(
        [python, "-m", "pip", "--quiet", *words], cwd=ROOT, capture_output=True, text=True, env=quiet, check=False
    )
    if done.returncode:
        lines = [each.strip() for each in done.stderr.splitlines() if each.strip()]
        wrong = [each for each in lines if PARSER in each and "WARNING" not in each]
        wrong = wrong or [each for each in lines if each.startswith("The user requested")] or lines
        raise NotInstalledError(wrong[-1] if wrong else f"pip ended with {done.returncode}")
    return done.stdout


if __name__ == "__main__":
    sys.exit(main())
