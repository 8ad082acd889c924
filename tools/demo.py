"""The demo behind `make demo`: a change is judged and released, a bad one is refused, a release is undone; and a day on
which the data are wrong is held back.

It works in a copy of this repository that it makes in a temporary folder, or in the folder named on the command line.
Nothing outside that folder is written, and no network is used.
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path

import duckdb
from rich.console import Console
from rich.rule import Rule

REPOSITORY = Path(__file__).resolve().parents[1]
GIT = ["git", "-c", "user.name=Demo", "-c", "user.email=demo@example.com"]
GIT += ["-c", "commit.gpgSign=false", "-c", "core.hooksPath="]

Edit = tuple[str, str, str]
"""A file, the text to replace (empty: append), and what takes its place."""

CODES = "seeds/healthcare/chronic_condition_codes.csv"
COHORTS = "models/healthcare/marts/fct_condition_cohorts"
ADMISSIONS = "models/healthcare/intermediate/int_admissions_merged.sql"

NEW_CODES = """15777000,prediabetes,Prediabetes
714628002,prediabetes,Prediabetes
"""
ACTIVE_SQL = "    conditions.is_active,\n"
MEASURE_SQL = """    case conditions.cohort when 'diabetes' then 'hba1c' when 'hypertension' then 'blood_pressure' end
        as control_measure,
"""
CONTROLLED_YML = "      - name: is_controlled\n"
MEASURE_YML = """      - name: control_measure
        data_type: string
        description: What control is judged by; blank for cohorts without such a measure.
"""
LATEST_END_SO_FAR = """max(stopped_at) over (
            partition by patient_id
            order by started_at, encounter_id
            rows between unbounded preceding and 1 preceding
        )"""
PREVIOUS_ROWS_END = """lag(stopped_at) over (
            partition by patient_id order by started_at, encounter_id
        )"""

FEED = ('tpch_path: ""', "tpch_path: feed/tpch")
CLOCK = "  dataops_as_of: "
QUICK = ("vars:\n", "unit_tests: {+enabled: false}\n\nvars:\n")
"""What is edited in dbt_project.yml of the wholesaler's copy; the clock is appended to its last section, the vars."""

GOOD: tuple[Edit, ...] = (
    (CODES, "", NEW_CODES),
    (f"{COHORTS}.sql", ACTIVE_SQL, ACTIVE_SQL + MEASURE_SQL),
    (f"{COHORTS}.yml", CONTROLLED_YML, MEASURE_YML + CONTROLLED_YML),
)
BAD: tuple[Edit, ...] = ((ADMISSIONS, LATEST_END_SO_FAR, PREVIOUS_ROWS_END),)


def _is_of(name: str, application: str) -> bool:
    """Whether a file is needed for an application alone, or for all of them."""
    folder, _, rest = name.partition("/")
    part = rest.partition("/")[0]
    return not application or folder not in ("models", "seeds", "tests") or part in (application, "generic")


class Demo:
    """A copy of the repository, and the commands that are run in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.console = Console(highlight=False)
        here = str(Path(sys.executable).parent)
        self.environment = {**os.environ, "PATH": os.pathsep.join([here, os.environ.get("PATH", "")])}
        for name in ("DATAOPS_WAREHOUSE", "DBT_PROFILES_DIR", "DBT_TARGET", "DBT_PROFILE", "DBT_TARGET_PATH"):
            self.environment.pop(name, None)
        # The data is synthetic: any salt will do, and the same one makes the same keys every time.
        self.environment["DATAOPS_HASH_SALT"] = "the salt of the demo"

    def git(self, *words: str) -> None:
        """Run git in the copy."""
        subprocess.run([*GIT, *words], cwd=self.folder, check=True)  # noqa: S603

    def copy(self, application: str = "") -> None:
        """Lay out the repository's files, or those of one application, and commit them to a branch main."""
        words = [*GIT, "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
        listed = subprocess.run(words, cwd=REPOSITORY, capture_output=True, text=True, check=True)  # noqa: S603
        for name in filter(None, listed.stdout.split("\0")):
            source, copied = REPOSITORY / name, self.folder / name
            if source.is_file() and _is_of(name, application):
                copied.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, copied)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.commit("The repository as it is")

    def say(self, heading: str, text: str = "") -> None:
        """A heading, and what is about to happen."""
        self.console.print()
        self.console.print(Rule(f"[bold]{heading}[/]", align="left"))
        if text:
            self.console.print(text)

    def run(self, command: str, expected: int = 0) -> None:
        """Print a command, run it, and stop the demo when it ends otherwise than it should."""
        self.console.print(f"\n[bold cyan]$ {command}[/]", soft_wrap=True)
        done = subprocess.run(shlex.split(command), cwd=self.folder, env=self.environment, check=False)  # noqa: S603
        if done.returncode != expected:
            self.console.print(f"[bold red]`{command}` ended with {done.returncode}, not {expected}[/]")
            self.console.print(f"The folder is kept: {self.folder}", soft_wrap=True)
            sys.exit(1)
        if expected:
            self.console.print(f"[dim](exit code {done.returncode}, as it should be)[/]")

    def edit(self, edits: tuple[Edit, ...], message: str) -> None:
        """Change files, show how, and commit."""
        for name, old, new in edits:
            path = self.folder / name
            text = path.read_text(encoding="utf-8")
            if old not in text:
                self.console.print(f"[bold red]tools/demo.py no longer fits {name}[/]: it looks for\n{old}")
                sys.exit(1)
            path.write_text(text.replace(old, new, 1) if old else text + new, encoding="utf-8")
        self.run("git --no-pager diff --unified=0")
        self.commit(message)

    def arrive(self, day: date, incidents: bool) -> None:
        """Lay out the wholesaler's files as they stand at the end of a day, at six in the morning after it."""
        sys.path.append(str(REPOSITORY / "tools" / "seeds"))
        import thirty_days as feed

        feed.write(self.folder / "feed", day, ["tpch"], feed.INCIDENTS if incidents else ())
        project = self.folder / "dbt_project.yml"
        text = project.read_text(encoding="utf-8").replace(*FEED).partition(CLOCK)[0].rstrip("\n")
        text = text if QUICK[1] in text else text.replace(*QUICK)
        project.write_text(f'{text}\n{CLOCK}"{day.replace(day=day.day + 1)}T06:00:00"\n', encoding="utf-8")

    def orders(self) -> None:
        """Show the newest days of the mart, and of what has arrived."""
        newest = "select {} as day, count(*) as orders from {} group by 1 order by 1 desc limit 2"
        with duckdb.connect(str(self.folder / "warehouse" / "prod.duckdb"), read_only=True) as warehouse:
            for label, sql in (
                ("served by the mart", newest.format("order_date", "main_supply_chain_marts.fct_orders")),
                ("sent by the source", newest.format("o_orderdate", f"'{self.folder}/feed/tpch/orders.csv'")),
            ):
                rows = warehouse.execute(sql).fetchall()
                told = ", ".join(f"{count} of {day:%-d %B}" for day, count in reversed(rows))
                self.console.print(f"Orders {label}: … {told}")

    def commit(self, message: str) -> None:
        """Commit whatever differs."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)


def tell_of_a_bad_day(demo: Demo) -> None:
    """Half of a day's orders are missing: what is held, what is served meanwhile, how it ends."""
    demo.folder.mkdir()
    demo.copy("supply_chain")
    demo.git("config", "user.name", "On call")
    demo.git("config", "user.email", "on-call@example.com")
    demo.arrive(date(2024, 4, 6), incidents=True)
    demo.say(
        "7. Every night",
        "A copy of the supply chain application by itself, without its unit tests. Each night it reads what a "
        "wholesaler sent; in it, it is six in the morning of 7 April 2024. Monitors know the weeks before, and "
        "dataops.yml says that one which fails pauses its model and all that reads it.",
    )
    demo.run("dataops deploy")
    demo.orders()

    demo.arrive(date(2024, 4, 7), incidents=True)
    demo.say("8. A night that went wrong", "8 April. Half of yesterday's orders did not arrive, and nobody knows yet.")
    demo.run("dataops deploy", expected=1)
    demo.orders()
    demo.console.print(
        "Nobody plans on half of the demand. Here all but a few tables are made from orders, and without them the "
        "lines do not add up either, so nothing is released: the mart serves what it served yesterday."
    )
    demo.run("dataops status", expected=1)

    demo.arrive(date(2024, 4, 7), incidents=False)
    demo.say("9. It is mended", "The source has sent the files again. Whoever looked into it says so.")
    demo.run('dataops resume stg_tpch__orders --reason "the files of 7 April were cut off, and were sent again"')
    demo.run("dataops deploy")
    demo.orders()


def main() -> None:
    """Tell the story."""
    started = time.monotonic()
    folder = Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else Path(tempfile.mkdtemp(prefix="dataops-demo-"))
    if folder.exists() and any(folder.iterdir()):
        sys.exit(f"{folder} is not empty: name a new folder")
    folder.mkdir(parents=True, exist_ok=True)
    demo = Demo(folder)
    demo.copy()

    demo.say(
        "1. The first release",
        f"A copy of this repository, on a branch main: {folder}\n"
        "Its healthcare models read a small synthetic sample from seeds. `deploy` builds everything beside production "
        "and publishes it if every test passes.",
    )
    demo.run("dataops deploy")

    demo.say(
        "2. A change: prediabetes becomes a cohort",
        "The care team wants it counted, and wants to see which measurement control is judged by.",
    )
    demo.run("git switch --quiet --create prediabetes-cohort")
    demo.edit(GOOD, "Count prediabetes as a cohort")

    demo.say("3. It is judged", "Only what it reaches is built, on production's data, and compared with production.")
    demo.run("dataops ci")
    demo.console.print(
        "\nWhat the reviewer learns: the cohort adds rows, a column is new, one exposure reads it, and nothing else in "
        "the project can have changed. As Markdown, for a pull request: target/dataops/review.md"
    )

    demo.say(
        "4. A bad change is stopped",
        "A colleague simplifies a window function. It looks right, but a short stay can lie within a long one: the "
        "previous row's end is then not the latest, and one admission is counted as two.",
    )
    demo.run("git switch --quiet --create simpler-window main")
    demo.edit(BAD, "Simplify the window")
    demo.run("dataops ci", expected=1)

    demo.say("5. The good change is released")
    demo.run("git switch --quiet main")
    demo.run("git merge --quiet --ff-only prediabetes-cohort")
    demo.run("dataops deploy")
    demo.run("dataops releases")

    demo.say("6. And undone", "The release that it replaced was kept. Going back is one rename, whatever the size.")
    demo.run("dataops rollback")

    tell_of_a_bad_day(Demo(folder / "wholesaler"))

    demo.say(f"Done in {time.monotonic() - started:.0f} s")
    demo.console.print(
        f"Look around:   cd {folder}\n"
        f"               export PATH={Path(sys.executable).parent}:$PATH\n"
        "               dataops plan                       what this branch would change\n"
        "               dataops rollback RELEASE           go forward again (`dataops releases` lists them)\n"
        "               dataops doctor                     what the tool found here\n"
        "Files:         warehouse/prod.duckdb              production, a DuckDB file\n"
        "               .dataops/state/                    the record of each release\n"
        "               target/dataops/review.md           the last review\n"
        "Read next:     docs/getting-started.md            use it on a project of yours\n"
        f"Remove it:     rm -rf {folder}",
        soft_wrap=True,
    )


if __name__ == "__main__":
    main()
