"""Kills `dataops deploy` and `dataops rollback` at random moments and looks at what production is then.

    python tools/bench/kill_deploy.py [KILLS] [SEED]

Production is a DuckDB file, an attached one in which a model is built, an exported file and a partitioned folder; all
carry the edition of their release. One deploy or rollback after the other is killed with SIGKILL: half of them at
a moment of all the time that it takes, half while it publishes. Meanwhile a second process writes to production or
to the attached database, and is killed too. After each kill production must be one whole release, its state must say
which, and nothing else may have changed. Exit code 1 if it ever is not so.

dbt is imported once: each command runs in a process forked from one that is warm.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from dataops import config
from dataops.cli import main as dataops
from dataops.engines.duckdb.store import Store
from dataops.store.state import State

ROWS = 1_000
EDITION = "(select edition from read_csv('edition.csv'))"
EXTERNAL = "materialized='external', location='exports/"
MODELS = {
    "first": f"{{{{ config(materialized='table') }}}} select range as id, {EDITION} as edition from range({ROWS})",
    "second": "{{ config(materialized='table') }} select id, edition from {{ ref('first') }}",
    "file": f"{{{{ config({EXTERNAL}file.csv') }}}} select id, edition from {{{{ ref('first') }}}}",
    "folder": f"{{{{ config({EXTERNAL}folder', options={{'partition_by': 'part', 'overwrite': true}}) }}}}"
    " select id, edition, id % 2 as part from {{ ref('first') }}",
    "beside": "{{ config(materialized='table', database='other') }} select id, edition from {{ ref('file') }}",
}
READ = ("first", "second", "file", "folder", "other.main.beside")
_AGAIN = 25
"""After so many kills it is measured again how long a deploy takes."""
OTHERS = {"prod.duckdb", "other.duckdb", "edition.csv", "exports", "models", "dbt_project.yml", "profiles.yml"}
TOOL = {".dataops", "target", "logs", ".user.yml", "prod.duckdb.wal", "other.duckdb.wal"}


def lay_out(root: Path) -> None:
    """The project, and a file of somebody else's where it exports to."""
    (root / "models").mkdir(parents=True)
    (root / "exports").mkdir()
    (root / "exports" / "foreign.csv").write_text("not ours\n")
    (root / "dbt_project.yml").write_text(
        "name: editions\nprofile: editions\nversion: '1.0'\nflags: {send_anonymous_usage_stats: false}\n"
    )
    (root / "profiles.yml").write_text(
        "editions: {target: prod, outputs: {prod: {type: duckdb, path: prod.duckdb, threads: 2, "
        "attach: [{path: other.duckdb}]}}}\n"
    )
    for name, sql in MODELS.items():
        (root / "models" / f"{name}.sql").write_text(sql + "\n")
    (root / "models" / "models.yml").write_text("models: [{name: file, columns: [{name: id, data_tests: [unique]}]}]\n")


def fork(work: Callable[[], None]) -> int:
    """Do something in a process of its own, silently; its id."""
    child = os.fork()
    if child:
        return child
    try:
        silent = os.open(os.devnull, os.O_WRONLY)
        os.dup2(silent, 1)
        if not os.environ.get("LOUD"):
            os.dup2(silent, 2)
        work()
    except SystemExit as end:
        os._exit(int(end.code or 0))
    except Exception:  # noqa: BLE001 - whatever it was, this process must not go on as its parent
        traceback.print_exc()
    os._exit(3)


def command(words: tuple[str, ...], publishing: int) -> None:
    """One command, which tells through a pipe that it begins to publish."""
    replace = Store._replace

    def told(*given: object) -> None:
        os.write(publishing, b".")
        replace(*given)  # type: ignore[arg-type]

    Store._replace = told  # type: ignore[method-assign,assignment]
    dataops(list(words))


def write(database: Path, after: float, publishing: int) -> None:
    """Commit something to a database, and wait to be killed with the log not folded in."""
    os.close(publishing)
    time.sleep(after)
    connection = duckdb.connect(str(database))
    connection.execute("create table if not exists loads (loaded_at timestamp)")
    connection.execute("insert into loads select now()")
    time.sleep(60)


@dataclass
class Production:
    """What is served in a folder, and which edition each release is."""

    root: Path
    releases: dict[str, int] = field(default_factory=dict)

    def live(self) -> str | None:
        """What its state says."""
        return State(config.load(self.root).state).current()

    def settle(self) -> None:
        """What every command does first."""
        Store(self.root / "prod.duckdb").settle_if_idle(State(config.load(self.root).state))

    def editions(self, only: tuple[str, ...] = READ) -> set[int]:
        """The editions of all that is served; -1 stands for what cannot be read, and for what is not whole."""
        found = set()
        try:
            with duckdb.connect(str(self.root / "prod.duckdb"), read_only=True) as connection:
                connection.execute(f"attach '{self.root / 'other.duckdb'}' as other (read_only)")
                for name in only:
                    rows = connection.execute(f"select edition, count(*) from {name} group by 1").fetchall()
                    found |= {int(edition) if count == ROWS else -1 for edition, count in rows} or {-1}
        except duckdb.Error as error:
            print(f"    {error}")
            return {-1}
        return found

    def foreign(self) -> list[str]:
        """What is there and belongs to nobody, or is not what it was."""
        names = {each.name for each in self.root.iterdir()} - OTHERS - TOOL
        names |= {each.name for each in (self.root / "exports").iterdir()} - {"foreign.csv", "file.csv", "folder"}
        if (self.root / "exports" / "foreign.csv").read_text() != "not ours\n":
            names.add("foreign.csv")
        return sorted(names)


@dataclass(frozen=True)
class Took:
    """How long a command took in all, and since it began to publish, in seconds."""

    all: float
    publishing: float


def whole(words: tuple[str, ...]) -> Took:
    """Run a command to its end."""
    started = time.perf_counter()
    told, publishing = os.pipe()
    process = fork(lambda: command(words, publishing))
    os.close(publishing)
    os.read(told, 1)
    published = time.perf_counter()
    _, status = os.waitpid(process, 0)
    os.close(told)
    if os.waitstatus_to_exitcode(status) != 0:
        raise SystemExit(f"`dataops {' '.join(words)}` ends with {os.waitstatus_to_exitcode(status)}")
    ended = time.perf_counter()
    return Took(ended - started, ended - published)


def killed(words: tuple[str, ...], takes: Took, dice: random.Random, writer: Path | None) -> str:
    """Run a command, kill it, and kill who writes meanwhile; when that was."""
    told, publishing = os.pipe()
    at_once = dice.random() < 0.5
    second = fork(lambda: write(writer, dice.uniform(0, takes.all), publishing)) if writer else None
    process = fork(lambda: command(words, publishing))
    os.close(publishing)
    if at_once:
        # Returns when it begins to publish, or has ended without.
        os.read(told, 1)
        moment = dice.uniform(0, 1.05) * takes.publishing
    else:
        moment = dice.uniform(0.1, 1.05) * takes.all
    time.sleep(moment)
    for each in (process, second):
        if each is not None:
            os.kill(each, signal.SIGKILL)
    _, status = os.waitpid(process, 0)
    if second is not None:
        os.waitpid(second, 0)
    os.close(told)
    code = os.waitstatus_to_exitcode(status)
    ended = "" if code == -signal.SIGKILL else f", had ended with {code}"
    return f"{moment:6.3f} s after {'it began to publish' if at_once else 'its start'}{ended}"


def trial(production: Production, number: int, takes: dict[str, Took], dice: random.Random) -> Counter[str]:
    """One kill, and all that must hold after it."""
    live = production.live()
    was = production.releases[str(live)]
    kept = [name for name in Store(production.root / "prod.duckdb").all_kept() if name in production.releases]
    back = dice.choice(sorted(kept)) if kept and dice.random() < 0.4 else None
    words = ("rollback", back) if back and back != live else ("deploy",)
    (production.root / "edition.csv").write_text(f"edition\n{number}\n")
    writer = dice.choice([None, production.root / "prod.duckdb", production.root / "other.duckdb"])
    when = killed(words, takes[words[0]], dice, writer)
    at_once = production.editions(("first", "second"))
    mixed = len(production.editions()) != 1
    production.settle()
    found, now = production.editions(), production.live()
    meant = production.releases[back] if words[0] == "rollback" and back else number
    if now is not None and found == {number}:
        production.releases.setdefault(now, number)
    good = len(at_once) == 1 == len(found) and found <= {was, meant} and production.releases.get(str(now)) in found
    foreign = production.foreign()
    name = "WRONG" if not good or foreign else "the old release" if found == {was} else "the new one"
    print(f"{number:4} {words[0]:8} killed {when}: {name} {sorted(found)}{' ' if foreign else ''}{' '.join(foreign)}")
    return Counter({name: 1, words[0]: 1, "writers": writer is not None, "between two renames": mixed})


def timed(production: Production, edition: int) -> dict[str, Took]:
    """A deploy and a rollback that nobody kills."""
    (production.root / "edition.csv").write_text(f"edition\n{edition}\n")
    takes = {"deploy": whole(("deploy",))}
    live = str(production.live())
    production.releases[live] = edition
    kept = [name for name in Store(production.root / "prod.duckdb").all_kept() if name in production.releases]
    takes["rollback"] = whole(("rollback", next(name for name in kept if name != live)))
    for name, took in takes.items():
        print(f"a {name} takes {took.all:.1f} s, {took.publishing:.1f} s of them to publish")
    return takes


def main(kills: int, seed: int) -> int:
    dice = random.Random(seed)
    with tempfile.TemporaryDirectory() as folder:
        production = Production(Path(folder).resolve() / "project")
        lay_out(production.root)
        os.chdir(production.root)
        (production.root / "edition.csv").write_text("edition\n-2\n")
        with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
            # The first deploy of a process takes seconds more than the next ones.
            dataops(["deploy"])
        production.releases[str(production.live())] = -2
        count: Counter[str] = Counter()
        takes: dict[str, Took] = {}
        for number in range(1, kills + 1):
            if number % _AGAIN == 1:
                # What else the machine does tells how long they take now.
                takes = timed(production, -2 - number)
            count += trial(production, number, takes, dice)
        whole(("deploy",))
        good = production.editions() == {kills}
    print(
        f"{kills} kills ({count['deploy']} of deploy, {count['rollback']} of rollback, {count['writers']} with a "
        f"writer killed too): {count['the old release']} left the old release, {count['the new one']} the new one, "
        f"{count['WRONG']} something else; {count['between two renames']} came between two renames and were settled; "
        f"the next deploy {'works' if good else 'DOES NOT WORK'}"
    )
    return 1 if count["WRONG"] or not good else 0


if __name__ == "__main__":
    sys.exit(main(*(int(word) for word in (*sys.argv[1:3], *("20", "7")[len(sys.argv[1:3]) :]))))
