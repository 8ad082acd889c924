"""Thirty nights of the four applications, as a team would live them, told by the tool's own pages.

    python -m bench.nights FOLDER [--nights 30] [--beside-postgres]      (in the folder tools/)

A copy of this repository in FOLDER is deployed every night on what has arrived by then (tools/seeds/thirty_days.py),
incidents included: the breaker pauses, in the morning somebody has the files sent again and resumes. One deploy is
killed half-way, two changes are judged and one of them is merged, one release is rolled back, and the last incident
is still open at the end. Then FOLDER/target/dataops holds the site and Elementary's report. The clock of each command
is that of its night, but for the warehouse's. Takes an hour or so, and says what each command ended with.

With `--beside-postgres` a second copy lives through the same nights on a PostgreSQL server, into whose tables the files
are loaded as they arrive, and after each command both have to have told and served the same (`bench/beside.py`).
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT / "tools"), str(ROOT / "tools" / "seeds")]

import thirty_days as feed  # noqa: E402

import demo  # noqa: E402

AT = """
import sys
from datetime import datetime, timezone
import time_machine
from dataops.cli import main
moment = datetime.fromisoformat(sys.argv.pop(1)).replace(tzinfo=timezone.utc)
with time_machine.travel(moment, tick=True):
    main()
"""
"""A command whose clock starts at the moment that its first word says."""

KILLED, MERGED, JUDGED, UNDONE = 17, 10, 21, 24
"""Nights after which something else happens than that data arrive."""

SLOW = {6: 2, 13: 1, 20: 3}
"""Days until the files of an incident are sent again, where it is not the same morning."""


class Team:
    """The project's folder, and who works in it at which moment."""

    where = "DuckDB"

    def __init__(self, folder: Path) -> None:
        """Copy the repository, reading the feed; its unit tests are those of every change and not of every night."""
        self.copy = demo.Demo(folder)
        self.folder = folder
        self.copy.copy()
        self.copy.git("config", "user.name", "On call")
        self.copy.git("config", "user.email", "on-call@example.com")
        project = folder / "dbt_project.yml"
        text = project.read_text(encoding="utf-8").replace(*demo.QUICK)
        for source in feed.SOURCES:
            text = text.replace(*self.reads(source))
        project.write_text(text, encoding="utf-8")
        (folder / ".gitignore").open("a", encoding="utf-8").write("/feed/\n")
        self.copy.commit("Read what arrives every night")

    def reads(self, source: str) -> tuple[str, str]:
        """What dbt_project.yml says of where a source is, and what it has to say."""
        return f'{source}_path: ""', f"{source}_path: feed/{source}"

    def arrive(self, until: date, mended: set[int]) -> None:
        """Lay out what has arrived by the end of a day, without the incidents that were mended."""
        incidents = [each for each in feed.INCIDENTS if each.day not in mended]
        feed.write(self.folder / "feed", until, incidents=incidents)

    def start(self, moment: datetime, *words: str) -> subprocess.Popen[str]:
        """Begin a command of the tool."""
        command = [sys.executable, "-c", AT, moment.isoformat(), *words]
        environment = {**self.copy.environment, "PYTHONPATH": str(ROOT / "tools"), "NO_COLOR": "1"}
        return subprocess.Popen(
            command, cwd=self.folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )

    def run(self, moment: datetime, *words: str) -> str:
        """Run a command to its end, and say how it ended."""
        started = time.monotonic()
        running = self.start(moment, *words)
        said, _ = running.communicate()
        self.ended = running.returncode
        seconds = time.monotonic() - started
        told = f"{moment:%m-%d %H:%M} {' '.join(words)} on {self.where}: {running.returncode} ({seconds:.0f} s)"
        print(told, flush=True)
        if running.returncode not in (0, 1):
            sys.exit(said)
        return said

    def killed(self, moment: datetime, *words: str) -> None:
        """Begin a command, and kill it when it has done some of its work."""
        running = self.start(moment, *words)
        while running.poll() is None and not any(_lines(path) > 200 for path in self._journals()):
            time.sleep(0.1)
        running.send_signal(signal.SIGKILL)
        running.communicate()
        # How long it ran is told from when its journal was last written, and that clock is the machine's.
        ended = moment.replace(tzinfo=timezone.utc).timestamp() + 60
        for path in self._journals():
            os.utime(path, (ended, ended))
        print(f"{moment:%m-%d %H:%M} {' '.join(words)}: killed", flush=True)

    def _journals(self) -> Iterator[Path]:
        yield from (self.folder / ".dataops" / "journal").glob("*.jsonl")

    def paused(self, moment: datetime) -> list[str]:
        """What is held by now."""
        return list(dict.fromkeys(each["node"] for each in self.status(moment)["paused"]))

    def status(self, moment: datetime) -> Any:
        """How production stands."""
        return json.loads(self.run(moment, "status", "--format", "json"))

    def branch(self, name: str, edits: tuple[demo.Edit, ...], moment: datetime) -> None:
        """Judge a change on a branch of its own."""
        self.copy.git("checkout", "--quiet", "-b", _slug(name))
        self.copy.edit(edits, name)
        self.run(moment, "ci", "--base", "main")


def _slug(name: str) -> str:
    return name.lower().replace(" ", "-")


def _lines(path: Path) -> int:
    with path.open("rb") as file:
        return sum(1 for _ in file)


def live(team: Team, nights: int, until: int | None = None) -> Iterator[datetime]:
    """Night after night; after each release that was tried, the moment of it. `until`: the last night, of so many."""
    mended: set[int] = set()
    for number in range((nights if until is None else until) + 1):
        today = feed.day(number)
        morning = datetime.combine(today + timedelta(days=1), datetime.min.time()) + timedelta(hours=6)
        team.arrive(today, mended)
        if number == KILLED:
            team.killed(morning, "deploy")
        team.run(morning + timedelta(minutes=30), "deploy")
        yield morning + timedelta(hours=1)
        due = {each.day for each in feed.INCIDENTS if each.day + SLOW.get(each.day, 0) == number}
        if due and number < nights - 2:
            mended |= due
            team.arrive(today, mended)
            for name in team.paused(morning + timedelta(hours=3)):
                reason = f"the files of {feed.day(min(due)):%-d %B} were sent again"
                team.run(morning + timedelta(hours=3, minutes=10), "resume", name, "--reason", reason)
            team.run(morning + timedelta(hours=4), "deploy")
            yield morning + timedelta(hours=5)
        noon = morning + timedelta(hours=6)
        if number == MERGED:
            team.branch("Codes of prediabetes", demo.GOOD, noon)
            team.copy.git("checkout", "--quiet", "main")
            team.copy.git("merge", "--quiet", "--no-edit", _slug("Codes of prediabetes"))
        if number == JUDGED:
            team.branch("Shorter merging of admissions", demo.BAD, noon)
            team.copy.git("checkout", "--quiet", "main")
        if number == UNDONE:
            team.run(noon, "rollback")
            yield noon + timedelta(hours=1)


def main() -> None:
    """Live through the nights, then make the pages."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--nights", type=int, default=30)
    parser.add_argument("--beside-postgres", action="store_true", help="the same on PostgreSQL, and compare")
    given = parser.parse_args()
    folder = given.folder.resolve()
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} is not empty: name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    os.environ.pop("DATAOPS_WAREHOUSE", None)
    if given.beside_postgres:
        from bench import beside

        sys.exit(beside.compare(folder, given.nights))
    team = Team(folder)
    for _ in live(team, given.nights):
        pass
    end = datetime.combine(feed.day(given.nights) + timedelta(days=1), datetime.min.time()) + timedelta(hours=9)
    for words in (["report", "--days-back", "31"], ["site"], ["status"]):
        print(team.run(end, *words))


if __name__ == "__main__":
    main()
