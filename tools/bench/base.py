"""`dataops plan --base main` beside `dbt ls -s state:modified+` with the manifest of main, which has to be parsed too.

    python -m bench.base [--models 1000] [--folder KEEP]      (in the folder tools/)

CPU seconds of one pull request, in a fresh checkout and in one that has its last parse: the first push, where nothing
is known of main, and the second. The first includes, for dbt, to parse main for its manifest, which is kept.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from bench.ci import CHANGED, python, run
from bench.projects import generate

_WHO = ("-c", "user.name=bench", "-c", "user.email=bench@localhost")


def main() -> None:
    """Run the benchmark."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--models", type=int, default=1000)
    parser.add_argument("--folder", type=Path, help="keep the generated project here and reuse it")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as temporary:
        folder = given.folder or Path(temporary) / "project"
        if not (folder / ".git").exists():
            prepare(folder, given.models)
        compare(folder, given.models)


def prepare(folder: Path, models: int) -> None:
    """A project of which main is committed, with one model changed on a branch. Its state is a folder beside it."""
    generate(folder, models)
    (folder / "dataops.yml").write_text("state: ../state\n")
    run(folder, "git", "init", "-q", "-b", "main", ".")
    run(folder, "git", "add", "-A")
    run(folder, "git", *_WHO, "commit", "-qm", "base")
    run(folder, "git", "switch", "-qc", "change")
    _push(folder, "/ 10", "/ 20")


def compare(folder: Path, models: int) -> None:
    """Both sides, step by step; the project is left as it was found."""
    ours, theirs = [python("dataops"), "plan", "--base", "main", "--format", "json"], _theirs(folder)
    state = folder.with_name("state")
    found: list[tuple[str, float, float]] = []
    _forget(state)
    state.mkdir()
    _fresh(folder)
    found.append(("first push, fresh checkout", _theirs_first(folder), spent(folder, ours)))
    _push(folder, "/ 20", "/ 30")
    _fresh(folder)
    found.append(("second push, fresh checkout", spent(folder, theirs), spent(folder, ours)))
    _forget(state)
    _forget(folder / "target" / "dataops" / "revisions")
    found.append(("first push, the same checkout", _theirs_first(folder), spent(folder, ours)))
    _push(folder, "/ 30", "/ 40")
    found.append(("second push, the same checkout", spent(folder, theirs), spent(folder, ours)))
    _push(folder, "/ 40", "/ 20")
    print(f"{models:,} models, one changed, CPU seconds")
    print(f"  {'':36} {'dbt':>7} {'dataops':>8}")
    for name, their, our in found:
        print(f"  {name:36} {their:7.1f} {our:8.1f}   {their / our:.1f} times less")


def _fresh(folder: Path) -> None:
    for place in ("target", "logs"):
        _forget(folder / place)


def _forget(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)


def _theirs(folder: Path) -> list[str]:
    main = folder.with_name("main")
    words = ["ls", "-s", "state:modified+", "--state", str(main / "target"), "--profiles-dir", "profiles"]
    return [python("dbt"), *words, "--target", "ci", "--quiet"]


def _theirs_first(folder: Path) -> float:
    """What dbt's users do: main checked out beside, parsed for its manifest; then the comparison."""
    main = folder.with_name("main")
    shutil.rmtree(main, ignore_errors=True)
    run(folder, "git", "worktree", "prune")
    run(folder, "git", "worktree", "add", "-q", "--force", "--detach", str(main), "main")
    return spent(main, [python("dbt"), "parse", "--profiles-dir", "profiles", "--target", "ci", "--quiet"]) + spent(
        folder, _theirs(folder)
    )


def _push(folder: Path, before: str, after: str) -> None:
    model = next((folder / "models").rglob(f"{CHANGED}.sql"))
    model.write_text(model.read_text().replace(before, after))
    run(folder, "git", *_WHO, "commit", "-qam", after)


def spent(folder: Path, words: Sequence[str]) -> float:
    """CPU seconds of a command."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        with Path(os.devnull).open("w") as nowhere:
            actions = [(os.POSIX_SPAWN_DUP2, nowhere.fileno(), 1)]
            child = os.posix_spawn(words[0], list(words), os.environ, file_actions=actions)
    finally:
        os.chdir(before)
    _, status, used = os.wait4(child, 0)
    if status:
        sys.exit(f"{' '.join(words)} ended with {os.waitstatus_to_exitcode(status)}")
    return used.ru_utime + used.ru_stime


if __name__ == "__main__":
    main()
