"""Files that a run writes go into a folder of its own: every statement to DuckDB passes here first.

Hooks, macros and materializations (dbt-duckdb's `external` among them) write files with SQL, wherever they like. What
they write is kept apart, and whatever the same run then reads from there it reads from where it went. What cannot be
led elsewhere fails instead: a write to a URL that a release cannot take back, a file that a Python model opens.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from dbt.adapters.duckdb.environments import Environment
from dbt.adapters.duckdb.environments.local import DuckDBCursorWrapper
from dbt_common.exceptions import DbtRuntimeError

from dataops.project.databases import is_remote, on_disk

_WRITING = re.compile(r"\b(copy|export|attach|prepare|secret|postgres_execute|mysql_execute)\b", re.IGNORECASE)
_ELSEWHERE = re.compile(r"\b(postgres_execute|mysql_execute)\s*\(", re.IGNORECASE)
_PERSISTENT = re.compile(r"\bpersistent\s+(?=secret\b)", re.IGNORECASE)
_READ_ONLY = re.compile(r"\bread_only\b", re.IGNORECASE)
_STRING = re.compile(r"'(?:[^']|'')*'")
_SQL = ("execute", "sql", "query")
"""Methods of a connection that take SQL."""

_HERE = threading.local()
_hooked = False


class Outlet:
    """Where files of one run go. `taken`: where each was written, by its place as the statement names it.

    `for_good`: the run is of a release, which has to be able to take back what it wrote. `seen`: by place, what `look`
    made of it right before.
    """

    def __init__(
        self, folder: Path, root: Path, for_good: bool = False, look: Callable[[Path], Any] = lambda _: None
    ) -> None:
        self.taken: dict[str, Path] = {}
        self.seen: dict[Path, Any] = {}
        self._look = look
        self.folder = folder
        self._root = root
        self._for_good = for_good
        self._places: dict[Path, Path] = {}
        self._lock = threading.Lock()

    def place(self, location: str) -> Path:
        """Where the file would have been written."""
        return on_disk(self._root, location).resolve()

    def packed(self) -> dict[str, Any]:
        """What was written so far, as JSON that holds when the folder is elsewhere and back again."""
        return {
            "taken": {location: str(file.relative_to(self.folder)) for location, file in self.taken.items()},
            "places": [
                [str(place), str(file.relative_to(self.folder)), self.seen[place]]
                for place, file in self._places.items()
            ],
        }

    def recall(self, packed: Mapping[str, Any]) -> None:
        """Go on after what `packed` tells of: the same files are written again, and read."""
        self.taken = {location: self.folder / file for location, file in packed["taken"].items()}
        self._places = {Path(place): self.folder / file for place, file, _ in packed["places"]}
        self.seen = {Path(place): seen for place, _, seen in packed["places"]}

    def diverted(self, sql: str) -> str:
        """A statement that writes here what it would have written elsewhere, and reads here what was.

        Raises:
            DbtRuntimeError: what it writes cannot be led here.
        """
        if _WRITING.search(sql):
            sql = self._led_here(sql)
        with self._lock:
            taken = list(self.taken.items())
        for location, file in taken:
            for end in ("'", "/"):
                sql = sql.replace(f"'{_escaped(location)}{end}", f"'{_escaped(str(file))}{end}")
        return sql

    def _led_here(self, sql: str) -> str:
        try:
            statements = duckdb.extract_statements(sql)
        except duckdb.Error:
            # Nor will the database run it.
            return sql
        changed = [self._one(each.type, each.query) for each in statements]
        return sql if changed == [each.query for each in statements] else "; ".join(changed)

    def _one(self, kind: Any, query: str) -> str:
        types = duckdb.StatementType
        query = query.strip().rstrip(";")
        if _ELSEWHERE.search(query):
            raise _refused(f"`{_ELSEWHERE.search(query)[1]}` writes to another database")  # type: ignore[index]
        if kind == types.ATTACH:
            return _read_only(query)
        if kind == types.CREATE and not self._for_good:
            return _PERSISTENT.sub("", query)
        if kind == types.PREPARE and re.search(r"\b(copy|export)\b", query, re.IGNORECASE):
            raise _refused("a prepared statement writes a file")
        if kind in (types.COPY, types.EXPORT, types.EXPLAIN):
            for start, end in _targets(query):
                query = query[:start] + self._file(query[start:end]) + query[end:]
        return query

    def _file(self, literal: str) -> str:
        """A string literal that names a file: another, that names one of the outlet's."""
        if not _STRING.fullmatch(literal):
            raise _refused(f"the place of a file is not written out: {literal}")
        location = literal[1:-1].replace("''", "'")
        if location.startswith("/dev/") or Path(location).is_relative_to(self.folder):
            return literal
        if is_remote(location) and self._for_good:
            raise _refused(f"a file is written to {location}, and a release cannot take that back")
        with self._lock:
            if location not in self.taken:
                self.taken[location] = self._new(location)
            return f"'{_escaped(str(self.taken[location]))}'"

    def _new(self, location: str) -> Path:
        place = Path(location) if is_remote(location) else self.place(location)
        if place not in self._places:
            file = self.folder / str(len(self._places)) / place.name
            file.parent.mkdir(parents=True, exist_ok=True)
            if place.is_dir():
                # Partitions that this run does not write stay.
                shutil.copytree(place, file)
            self._places[place], self.seen[place] = file, self._look(place)
        return self._places[place]


@contextmanager
def diverting(outlet: Outlet) -> Iterator[Outlet]:
    """Lead what dbt runs meanwhile through an outlet. Python models may write temporary files and caches only."""
    _hook()
    kept = {name: DuckDBCursorWrapper.__dict__.get(name) for name in _SQL}
    job = Environment.__dict__["run_python_job"]
    for name in _SQL:
        setattr(DuckDBCursorWrapper, name, _through(outlet, name, kept[name]))
    Environment.run_python_job = classmethod(_watched(job.__func__))
    try:
        yield outlet
    finally:
        Environment.run_python_job = job
        for name, method in kept.items():
            if method is None:
                delattr(DuckDBCursorWrapper, name)
            else:
                setattr(DuckDBCursorWrapper, name, method)


def _through(outlet: Outlet, name: str, method: Any) -> Any:
    def passed(self: Any, sql: Any, *words: Any, **others: Any) -> Any:
        led = outlet.diverted(sql) if isinstance(sql, str) else sql
        if method is not None:
            return method(self, led, *words, **others)
        return getattr(self._cursor, name)(led, *words, **others)

    return passed


def _watched(job: Any) -> Any:
    def watched(cls: Any, con: Any, load: Any, identifier: str, *others: Any) -> Any:
        # Asked before: who asks for the first time holds a lock while it opens a file, and we are told of that file.
        _HERE.temporary = Path(tempfile.gettempdir()).resolve()
        _HERE.model = identifier
        try:
            return job(cls, con, load, identifier, *others)
        finally:
            _HERE.model = None

    return watched


def _hook() -> None:
    """Python tells of every file that it opens, for as long as the process lives."""
    global _hooked  # noqa: PLW0603 - hooks of this kind are the process's and cannot be taken back
    if not _hooked:
        _hooked = True
        sys.addaudithook(_audit)


def _audit(event: str, words: tuple[Any, ...]) -> None:
    model = getattr(_HERE, "model", None)
    if model is None or event not in ("open", "os.remove", "os.rename", "os.truncate"):
        return
    if event == "open":
        _, mode, flags = words
        writing = set(mode) & set("wax+") if isinstance(mode, str) else (flags or 0) & (os.O_WRONLY | os.O_RDWR)
        if not writing:
            return
    path = words[1] if event == "os.rename" else words[0]
    if isinstance(path, (str, bytes, os.PathLike)) and not _own(Path(os.fsdecode(path))):
        raise _refused(f"the Python model {model} writes {os.fsdecode(path)} by itself")


def _own(path: Path) -> bool:
    """Whether a file is a temporary one or a cache: of no reader's concern."""
    parts = path.absolute().parts
    cache = any(part == "__pycache__" or (part.startswith(".") and part != ".dataops") for part in parts)
    return cache or path.resolve().is_relative_to(_HERE.temporary) or parts[1:2] == ("dev",)


def _targets(query: str) -> list[tuple[int, int]]:
    """Where a statement names the file that it writes: what follows `to` outside parentheses."""
    raw = query.encode()
    tokens = duckdb.tokenize(query)
    ends = [start for start, _ in tokens[1:]] + [len(raw)]
    words = [raw[start:end].decode().strip() for (start, _), end in zip(tokens, ends, strict=True)]
    depth = 0
    export = bool(words) and words[0].lower() == "export"
    for number, word in enumerate(words):
        depth += (word == "(") - (word == ")")
        lowered = word.lower()
        if depth == 0 and lowered == "from" and not export:
            return []
        named = number + 1 if depth == 0 and lowered == "to" else number if export and word.startswith("'") else None
        if named is not None and named < len(words):
            start = len(raw[: tokens[named][0]].decode())
            literal = _STRING.match(query, start)
            return [(start, literal.end() if literal else start + len(words[named]))]
    return []


def _read_only(query: str) -> str:
    """An `attach` that cannot write: what may be written to is named in the profile."""
    if _READ_ONLY.search(query) or re.search(r"'(:memory:[^']*)?'", query):
        return query
    if query.endswith(")"):
        return f"{query[:-1]}, READ_ONLY)"
    return f"{query} (READ_ONLY)"


def _escaped(text: str) -> str:
    return text.replace("'", "''")


def _refused(what: str) -> DbtRuntimeError:
    return DbtRuntimeError(
        f"{what}: production has to stay as it is until a release replaces it\n"
        "let an `external` model write the file, or write it after the release"
    )
