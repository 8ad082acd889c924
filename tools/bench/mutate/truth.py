"""The truth: the project built in full by dbt alone, and what every relation then holds.

Nothing of the tool takes part: its own parse, its slices and its plan are what is to be proved.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.cli.main import dbtRunner
from dbt.parser import read_files

from dataops.project.graph import functions

BUILT = ("model", "seed", "snapshot")
# A default selector of the project must not thin the truth: `fqn:*` is everything.
_EVERY = ["-s", "fqn:*"]
_KINDS = [word for kind in (*BUILT, "function") for word in ("--resource-type", kind)]
_WAREHOUSE = duckdb.connect()
_LISTED = [word for kind in BUILT for word in ("--resource-type", kind)]


@contextmanager
def within(folder: Path) -> Iterator[None]:
    """Work in a folder: what a project reads by a relative path is meant from there."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


@contextmanager
def _exact() -> Iterator[None]:
    """Let dbt's partial parse see all that differs: since 1.12 it overlooks white space, in literals too."""
    normalize = getattr(read_files, "normalize_file_contents", None)
    try:
        if normalize is not None:
            read_files.normalize_file_contents = str
        yield
    finally:
        if normalize is not None:
            read_files.normalize_file_contents = normalize


@contextmanager
def attached(database: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection in which a database has the name that its views know it by. To open a new one takes far longer."""
    attach = f"attach '{database}' as \"{database.stem}\""
    try:
        _WAREHOUSE.execute(attach)
    except duckdb.Error:
        # An error that dbt has told may hold its connection, until somebody looks for garbage.
        gc.collect()
        _WAREHOUSE.execute(attach)
    try:
        _WAREHOUSE.execute(f'use "{database.stem}"')
        yield _WAREHOUSE
    finally:
        _WAREHOUSE.execute("use memory")
        _WAREHOUSE.execute(f'detach "{database.stem}"')


class UnbuildableError(Exception):
    """The project does not parse or does not build in full: such an edit proves nothing."""


class UnsoundError(Exception):
    """The harness is wrong."""


@dataclass(frozen=True)
class Relation:
    """What a relation holds. `rows` and `columns` add up the hashes of rows and of each column: order is no matter."""

    place: str
    kind: str
    types: tuple[tuple[str, str], ...]
    count: int
    columns: tuple[int, ...]
    rows: int
    comment: str

    def unlike(self, other: Relation) -> str | None:
        """How the relation differs from an earlier one, in words; None when both hold the same."""
        if self.place != other.place:
            return f"is now {self.place}, was {other.place}"
        if self.kind != other.kind:
            return f"is now a {self.kind}, was a {other.kind}"
        if self.types != other.types:
            now, was = set(self.types), set(other.types)
            return f"columns {_listed(now - was)}, were {_listed(was - now)}"
        if self.count != other.count:
            return f"{self.count} rows, were {other.count}"
        values = zip(self.types, self.columns, other.columns, strict=True)
        changed = [name for (name, _), here, there in values if here != there]
        if changed:
            return f"values of {', '.join(changed)}"
        return "combinations of values" if self.rows != other.rows else None


def _listed(types: set[tuple[str, str]]) -> str:
    return ", ".join(f"{name} {kind}" for name, kind in sorted(types)) or "(the same, in another order)"


Content = Mapping[str, Relation]
"""Every relation of a built project by unique id."""

Volatile = Mapping[str, frozenset[str]]
"""The columns, by unique id, that differ between two builds of the same code; `*` for a whole relation."""


class Builder:
    """Builds the project of one folder into a DuckDB file that has the name of the change's own."""

    def __init__(self, root: Path, profiles: Path, target: str, work: Path, given: Path | None, full: bool) -> None:
        """Say what to build; the file's path is in the profile. `given`: a database with data that sources read."""
        self.root, self.work, self.given = root, work, given
        self.cache = work / "target" / "partial_parse.msgpack"
        self.base_cache = work / "base_parse.msgpack"
        document = yaml.safe_load((profiles / "profiles.yml").read_text(encoding="utf-8"))
        output = next(iter(document.values()))["outputs"][target]
        self.database = work / f"{Path(output['path']).stem}.duckdb"
        output["path"] = str(self.database)
        (work / "profiles").mkdir(parents=True)
        (work / "profiles" / "profiles.yml").write_text(yaml.safe_dump(document), encoding="utf-8")
        self._words = ["--profiles-dir", str(work / "profiles"), "--target", target, "--project-dir", str(root)]
        self._words += ["--target-path", str(work / "target"), "--log-level", "none", "--log-level-file", "none"]
        self._words += ["--no-send-anonymous-usage-stats"]
        self._full = full
        self._failed = False
        self._built = frozenset[str]()
        self._kept = work / "kept.duckdb"
        self._places: dict[str, tuple[str, str]] = {}

    def parse(self, options: list[str]) -> Any:
        """The manifest, from the base's stored parse: what another edit left plays no part.

        Raises:
            UnbuildableError: dbt cannot parse the project.
        """
        if self.base_cache.exists() and not self._full:
            shutil.copyfile(self.base_cache, self.cache)
        words = ["--no-write-json", *options, *(["--no-partial-parse"] if self._full else [])]
        with _exact():
            result = self._invoke(None, "parse", words)
        if not self.base_cache.exists():
            shutil.copyfile(self.cache, self.base_cache)
        return result

    def build(self, manifest: Any, options: list[str], only: Collection[str] | None = None) -> None:
        """Build every model, seed and snapshot into an empty database; or `only` those, beside the others as kept.

        Raises:
            UnbuildableError: dbt cannot build one of them.
        """
        if self._failed:
            # What dbt tells of an error holds its connection; a new one to a file of that name would be the old one.
            gc.collect()
            self._failed = False
        self.database.unlink(missing_ok=True)
        self.database.with_name(f"{self.database.name}.wal").unlink(missing_ok=True)
        if only is not None:
            shutil.copyfile(self._kept, self.database)
            self._drop({*only, *(self._places.keys() - manifest.nodes.keys())})
        elif self.given is not None:
            shutil.copyfile(self.given, self.database)
        wanted = {
            unique_id for unique_id, node in manifest.nodes.items()
            if str(node.resource_type) in BUILT and not node.is_ephemeral_model and (only is None or unique_id in only)
        }  # fmt: skip
        self._built = frozenset()
        if only is not None and not wanted:
            return
        words = [*(_EVERY if only is None else _exactly(manifest, only)), *_KINDS, *options]
        done = self._invoke(manifest, "build", ["--no-write-json", "--fail-fast", "--threads", "2", *words])
        built = {each.node.unique_id for each in done.results if str(each.status) == "success"}
        if wanted - built:
            # A truth that is not whole proves nothing.
            raise UnbuildableError(f"dbt built all but {', '.join(sorted(wanted - built))}")
        self._built = frozenset(wanted)

    def keep(self, places: Mapping[str, Relation]) -> None:
        """Keep the database as it is for builds of a part; `places` are its relations by unique id."""
        self._places = {unique_id: (each.kind, each.place) for unique_id, each in places.items()}
        shutil.copyfile(self.database, self._kept)

    def _drop(self, unique_ids: Collection[str]) -> None:
        """What is built again starts from nothing, as in an empty database."""
        with attached(self.database) as connection:
            for unique_id in unique_ids:
                if unique_id in self._places:
                    kind, place = self._places[unique_id]
                    connection.execute(f"drop {kind} {place} cascade")
            connection.execute("checkpoint")

    def content(self, manifest: Any, volatile: Volatile, only: Collection[str] | None = None) -> dict[str, Relation]:
        """What every relation holds that the last build made; or `only` those.

        Raises:
            UnbuildableError: a view cannot be read: dbt made it, and its SQL fails on the rows.
            UnsoundError: something that dbt has built is not there.
        """
        with within(self.root):
            found = content(manifest, self.database, volatile, only)
        if self._built - found.keys():
            raise UnsoundError(f"built and not there: {', '.join(sorted(self._built - found.keys()))}")
        return found

    def modified(self, manifest: Any, state: Path, options: list[str]) -> set[str]:
        """The relations that dbt itself would run: `state:modified+`."""
        words = ["-s", "state:modified+", "--state", str(state), "--output", "json", "--output-keys", "unique_id"]
        listed = self._invoke(manifest, "ls", [*words, *_LISTED, *options])
        return {str(yaml.safe_load(line)["unique_id"]) for line in listed}

    def _invoke(self, manifest: Any, command: str, words: list[str]) -> Any:
        with within(self.root):
            try:
                done = dbtRunner(manifest=manifest).invoke([command, "--quiet", *words, *self._words])
            finally:
                DuckDBConnectionManager.close_all_connections()
        if not done.success:
            self._failed = True
            results = getattr(done.result, "results", None) or []
            failed = [each.message for each in results if str(each.status) == "error"]
            raise UnbuildableError(str(done.exception or (failed or ["dbt failed"])[0]).strip())
        return done.result


def _exactly(manifest: Any, unique_ids: Collection[str]) -> list[str]:
    """Options of dbt that select nodes by their full names."""
    nodes = (manifest.nodes.get(each) or functions(manifest).get(each) for each in sorted(unique_ids))
    return ["-s", *(f"fqn:{'.'.join(node.fqn)}" for node in nodes if node is not None)]


def content(
    manifest: Any, database: Path, volatile: Volatile, only: Collection[str] | None = None
) -> dict[str, Relation]:
    """What every relation of a built project holds, without the columns that differ from build to build."""
    found: dict[str, Relation] = {}
    with attached(database) as connection:
        kinds: dict[tuple[str, str], tuple[str, str]] = {
            (schema.lower(), name.lower()): (kind, comment or "")
            for schema, name, kind, comment in connection.execute(
                "select schema_name, table_name, 'table', comment from duckdb_tables() where database_name = $1 "
                "union all select schema_name, view_name, 'view', comment from duckdb_views() where database_name = $1",
                [database.stem],
            ).fetchall()
        }
        for unique_id, node in manifest.nodes.items():
            held = kinds.get((node.schema.lower(), node.alias.lower()))
            built = str(node.resource_type) in BUILT and not node.is_ephemeral_model
            if built and held and (only is None or unique_id in only):
                place = f'"{node.schema}"."{node.alias}"'
                try:
                    found[unique_id] = _relation(connection, place, *held, volatile.get(unique_id, frozenset()))
                except duckdb.Error as error:
                    raise UnbuildableError(f"{unique_id} cannot be read: {error}") from error
    return found


def _relation(
    connection: duckdb.DuckDBPyConnection, place: str, kind: str, comment: str, ignored: frozenset[str]
) -> Relation:
    types = tuple((row[0], row[1]) for row in connection.execute(f"describe select * from {place}").fetchall())
    kept = ['"' + name.replace('"', '""') + '"' for name, _ in types if name not in ignored]
    sums = [f"coalesce(sum(hash({name})), 0)" for name in kept]
    whole = f"coalesce(sum(hash(row({', '.join(kept)}))), 0)" if kept else "0"
    row = connection.execute(f"select count(*), {whole}{''.join(f', {each}' for each in sums)} from {place}").fetchone()
    assert row is not None
    by_name = dict(zip((name for name, _ in types if name not in ignored), row[2:], strict=True))
    columns = tuple(int(by_name.get(name, 0)) for name, _ in types)
    return Relation(place, kind, types, int(row[0]), columns, int(row[1]), comment)


def volatility(first: Content, second: Content) -> dict[str, frozenset[str]]:
    """What two builds of the same code do not agree on."""
    found: dict[str, frozenset[str]] = {}
    for unique_id, was in first.items():
        now = second[unique_id]
        if (now.types, now.count) != (was.types, was.count):
            found[unique_id] = frozenset("*")
            continue
        names = [name for (name, _), a, b in zip(was.types, was.columns, now.columns, strict=True) if a != b]
        if names or was.rows != now.rows:
            found[unique_id] = frozenset(names or "*")
    return found


def differences(before: Content, after: Content, volatile: Volatile) -> dict[str, str]:
    """Every relation that is not as it was, with how it differs; `gone` for one that is no more."""
    found: dict[str, str] = {}
    for unique_id, was in before.items():
        now = after.get(unique_id)
        how = "gone" if now is None else now.unlike(was)
        if how and "*" not in volatile.get(unique_id, ()):
            found[unique_id] = how
    found.update({unique_id: "new" for unique_id in after if unique_id not in before})
    return found


def sample(connection: duckdb.DuckDBPyConnection, place: str, limit: int = 3) -> list[str]:
    """Some rows of a relation, to show."""
    return [str(row) for row in connection.execute(f"from {place} limit {limit}").fetchall()]
