"""The nights of `bench.nights` on DuckDB and on PostgreSQL at once: after each release that was tried, both have to
have told, held back, released and served the same.
"""

from __future__ import annotations

import csv
import io
import sys
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import psycopg2
import yaml

from bench.nights import Team, feed, live
from tests import postgres
from tests.applications.test_portable import MOMENTS, alike, exact, numbers

SERVED = (
    "select table_schema, table_name, column_name from information_schema.columns"
    " where table_schema like 'main%' and table_schema not like 'main%\\_\\_%20%' escape '\\'"
    " and table_schema not like '%\\_\\_old\\_%' escape '\\' order by 1, 2, ordinal_position"
)

COLUMNS = ("moment", "deploy", "alarms", "paused", "released", "served", "differences")
HEAD = f"| {' | '.join(COLUMNS)} |\n| {' | '.join(['---'] * len(COLUMNS))} |"


class OnServer(Team):
    """The same team, whose loader writes into tables of a server."""

    where = "PostgreSQL"

    def __init__(self, folder: Path, server: str) -> None:
        self.server = server
        super().__init__(folder)

    def reads(self, source: str) -> tuple[str, str]:
        """Tables, and no files."""
        return f'{source}_schema: ""', f"{source}_schema: raw_{source}"

    def profile(self) -> None:
        """Let the copy's targets be schemas of the server."""
        outputs = {"dev": "dev", "ci": "ci", "prod": "main"}
        named = {name: postgres.output(self.server, schema) for name, schema in outputs.items()}
        text = yaml.safe_dump({"dataops": {"target": "dev", "outputs": named}})
        (self.folder / "profiles" / "profiles.yml").write_text(text, encoding="utf-8")
        self.copy.commit("Live on a server")

    def arrive(self, until: date, mended: set[int]) -> None:
        """Load the files: whatever reads the tables goes on reading them."""
        super().arrive(until, mended)
        with psycopg2.connect(host=self.server, user="postgres", dbname="postgres") as connection:
            cursor = connection.cursor()
            for file in sorted((self.folder / "feed").rglob("*.csv")):
                text = file.read_text(encoding="utf-8")
                columns = next(csv.reader(io.StringIO(text)))
                table = f"raw_{file.parent.name}.{file.stem}"
                cursor.execute(f"create schema if not exists raw_{file.parent.name}")
                texts = ", ".join(f'"{each.lower()}" text' for each in columns)
                cursor.execute(f"create table if not exists {table} ({texts})")
                cursor.execute(f"truncate {table}")
                cursor.copy_expert(f"copy {table} from stdin (format csv, header)", io.StringIO(text))
        connection.close()


def compare(folder: Path, nights: int) -> int:
    """Live through the nights on both, the first of which is that before day 1; 1 if anything differed."""
    with postgres.serving() as server:
        one, other = Team(folder / "duckdb"), OnServer(folder / "postgres", server)
        other.profile()
        differences = 0
        print(HEAD, file=sys.stderr)
        # Somebody mends what is planted until the month ends.
        lives = (live(each, feed.SIMULATED, nights) for each in (one, other))
        for moment, _ in zip(*lives, strict=True):
            differences += _night(one, other, moment)
    postgres.stop()
    print(f"{differences} differences")
    return int(differences > 0)


def _night(one: Team, other: OnServer, moment: datetime) -> int:
    """Print what there is to tell of a night, and each difference; how many there are."""
    released = one.ended
    found = [f"exit codes {one.ended} and {other.ended}"] * (one.ended != other.ended)
    told, others = (_told(each.status(moment)) for each in (one, other))
    found += [f"{name}: {told[name]} and {others[name]}" for name in told if told[name] != others[name]]
    here, there = dict(_on_duckdb(one.folder)), dict(_on_postgres(other.server))
    found += [f"only on one side: {name}" for name in sorted(here.keys() ^ there.keys())]
    for name in sorted(here.keys() & there.keys()):
        unlike = [pair for pair in zip(here[name], there[name], strict=False) if not alike(*pair)]
        if unlike or len(here[name]) != len(there[name]):
            found.append(f"{name}: {len(here[name])} and {len(there[name])} rows, for example {unlike[:1]}")
    rows = sum(map(len, here.values()))
    cells = [f"{moment:%-d %B %H:%M}", f"exit code {released}", ", ".join(told["alarms"]), ", ".join(told["paused"])]
    cells += [told["released"], f"{rows:,} rows in {len(here)} relations"]
    print(f"| {' | '.join(cells)} | {len(found) or 'none'} |", file=sys.stderr, flush=True)
    for each in found:
        print(f"  differs: {each[:1000]}", file=sys.stderr, flush=True)
    return len(found)


def _told(status: Any) -> dict[str, Any]:
    """What a status says that may not depend on the warehouse: all but moments, identities and durations."""
    return {
        "alarms": sorted({f"{each['name']} ({each['kind']})" for each in status["problems"]}),
        "paused": sorted({each["node"].split(".")[-1] for each in status["paused"]}),
        "tests": (status["tests"], status["passing"], status["not_run"]),
        "released": "{nodes} nodes, {tests} tests".format(**status["live"]),
    }


def _on_duckdb(folder: Path) -> Iterator[tuple[str, list[Any]]]:
    with duckdb.connect(str(folder / "warehouse" / "prod.duckdb"), read_only=True) as warehouse:
        # Some views read the files themselves.
        warehouse.execute(f"set file_search_path = '{folder}'")
        columns = warehouse.execute(SERVED).fetchall()
        for name, query in _queries(columns):
            yield name, _sorted(warehouse.execute(query).fetchall())


def _on_postgres(server: str) -> Iterator[tuple[str, list[Any]]]:
    for name, query in _queries(postgres.sql(server, SERVED)):
        yield name, _sorted(postgres.sql(server, query))


def _queries(columns: list[tuple[Any, ...]]) -> Iterator[tuple[str, str]]:
    """Of each relation all columns but those that hold the moment of a build, by their names."""
    relations: dict[str, list[str]] = {}
    for schema, table, column in columns:
        if column.lower() not in MOMENTS:
            relations.setdefault(f'"{schema}"."{table}"', []).append(f'"{column.lower()}"')
    for name, named in relations.items():
        yield name, f"select {', '.join(sorted(named))} from {name}"


def _sorted(rows: list[Any]) -> list[Any]:
    return sorted(rows, key=lambda row: (exact(row), numbers(row)))
