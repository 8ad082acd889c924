"""dbt's exceptions as errors of ours: one line for what is wrong, one for how to mend it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
from dbt.exceptions import DbtProfileError, DbtProjectError, ParsingError
from dbt_common.exceptions import CompilationError, DbtBaseException, DbtDatabaseError

from dataops.errors import DataopsError, ProjectError, SettingsError, WarehouseError, of_disk

_HOLDERS = ("macro", "path", "file", "model", "node")
"""Attributes of dbt's objects that lead to what it has a file of."""

_SEMANTIC = "Semantic Manifest validation failed"

_DBT = ("dbt.", "dbt_common.")

_OTHER_DBT = re.compile(
    r"This version of dbt is not supported with the '(?P<package>\w+)' package"
    r".*of dbt: =(?P<here>\S+).*: \[(?P<asked>.*?)\]"
)

_NO_DEPS = 'Run "dbt deps"'

_BY_DBT2 = re.compile(r'"dbt_version":\s*"2\.')
_HEAD = 4096
"""Characters of a manifest that hold its metadata."""

_LOCKED = re.compile(r'Could not set lock on file "(?P<file>[^"]+)"[^(]*(?:\((?P<holder>PID \d+)\))?')


def explain(error: BaseException, said: Sequence[str] = ()) -> DataopsError:
    """The error of ours that tells a user what dbt's exception means, and in which file it is.

    `said`: what dbt told before it, and the exception does not.
    """
    if isinstance(error, UnicodeDecodeError):
        return _not_utf8(error)
    text = _placed(_text(error, said), error)
    known = _known(text)
    if known is not None:
        return known
    if isinstance(error, DataopsError):
        return error
    refused = of_disk(error)
    if refused is not None:
        return refused
    if isinstance(error, DbtProfileError):
        return SettingsError(text, "mend profiles.yml; `dbt debug` checks it")
    if isinstance(error, DbtProjectError):
        return ProjectError(text, "mend dbt_project.yml, or run where it is (--project-dir)")
    if isinstance(error, ParsingError | CompilationError):
        named = "mend the file named above; " if re.search(r"\w\.(sql|ya?ml|py|csv|md)\b", text) else ""
        return ProjectError(text, f"{named}`dbt parse` shows the same error")
    if isinstance(error, DbtDatabaseError | duckdb.Error) or "connect" in type(error).__name__.lower():
        return WarehouseError(text, "check the connection in profiles.yml; `dbt debug` tries it")
    if isinstance(error, OSError) and error.filename:
        return ProjectError(f"{error.filename} cannot be read: {error.strerror}", "mend it, or take it away")
    return ProjectError(f"{type(error).__name__}: {text}", "`dbt parse` and `dbt debug` show more")


def _known(text: str) -> DataopsError | None:
    """What is told by its words, whatever its type is."""
    locked = _LOCKED.search(text)
    if locked:
        return lock_error(locked["file"], locked["holder"])
    if _NO_DEPS in text:
        return ProjectError(text, "run `dbt deps` in the project, then the same again")
    other = _OTHER_DBT.search(text)
    if other:
        asked = other["asked"].replace("'", "")
        return ProjectError(
            f"{other['package']} asks for dbt {asked} (require-dbt-version), and here is dbt {other['here']}",
            'where dbt 2 runs the project, let `require-dbt-version` take both, as in [">=1.10.0", "<3.0.0"]',
        )
    return None


@contextmanager
def beside_dbt2(root: Path) -> Iterator[None]:
    """What dbt 1 cannot read within may be what only dbt 2 reads, where dbt 2 was the last to run the project."""
    try:
        yield
    except ProjectError as error:
        if not _ran_dbt2(root):
            raise
        remedy = f"{error.remedy}; dbt 2 may read what dbt 1 does not: docs/dbt-2.md"
        raise ProjectError(error.message, remedy) from error


def _ran_dbt2(root: Path) -> bool:
    try:
        with (root / "target" / "manifest.json").open(encoding="utf-8") as file:
            return bool(_BY_DBT2.search(file.read(_HEAD)))
    except (OSError, UnicodeDecodeError):
        return False


@contextmanager
def refusals(adapter: Any) -> Iterator[None]:
    """What the database refuses within is an error of ours, and the connection is left fit for the next statement."""
    try:
        yield
    except (DbtBaseException, duckdb.Error) as error:
        if adapter.type() != "duckdb":
            # The driver began a transaction that dbt knows nothing of, and nothing else is answered within it.
            adapter.connections.get_thread_connection().handle.rollback()
        told = explain(error)
        if isinstance(told, WarehouseError):
            raise told from error
        raise WarehouseError(told.message, "the statement is in dbt's log, in target/dataops/logs") from error


def lock_error(file: str, holder: str | None) -> WarehouseError:
    """The error for a DuckDB file that another process holds."""
    return WarehouseError(
        f"the database {file} is locked by another process{f' ({holder})' if holder else ''}",
        "close that process (an open DuckDB shell, a BI tool, another run) and try again",
    )


def _not_utf8(error: UnicodeDecodeError) -> ProjectError:
    line = error.object.count(b"\n", 0, error.start) + 1
    what = f"byte 0x{error.object[error.start]:02x} in line {line}"
    return ProjectError(f"{_file(error) or 'a file of the project'} is not UTF-8: {what}", "save it as UTF-8")


def _placed(text: str, error: BaseException) -> str:
    """The message with the file that dbt was at, where the message itself names none."""
    file = _semantic_file(error, text) if _SEMANTIC in text else _file(error)
    return text if file is None or file in text else f"{file}: {text}"


def _file(error: BaseException) -> str | None:
    """The file that dbt was at: dbt knows it where it raises, and puts it into only some of its messages."""
    trace, frames = error.__traceback__, []
    while trace is not None:
        frames.append(trace.tb_frame)
        trace = trace.tb_next
    ours = [frame for frame in reversed(frames) if frame.f_globals.get("__name__", "").startswith(_DBT)]
    for frame in ours:
        code = frame.f_code
        # What a function was given: a variable may be of a loop that has ended, but for checks that raise within one.
        inside = frame is ours[0] and code.co_name.startswith("check_valid_")
        names = code.co_varnames if inside else code.co_varnames[: code.co_argcount + code.co_kwonlyargcount]
        given = [frame.f_locals.get(name) for name in names]
        for value in given:
            for each in (value, *(getattr(value, name, None) for name in _HOLDERS)):
                named = getattr(each, "original_file_path", None)
                if isinstance(named, str) and named:
                    return named
        if code.co_name == "load_file_contents" and isinstance(given[0], str):
            return given[0].removeprefix(f"{Path.cwd()}{os.sep}")
    return None


def _semantic_file(error: BaseException, text: str) -> str | None:
    """The files of the metrics and semantic models that are named in what is wrong with the semantic layer."""
    trace = error.__traceback__
    files: set[str] = set()
    while trace is not None:
        manifest = getattr(trace.tb_frame.f_locals.get("semantic_manifest"), "manifest", None)
        for group in ("metrics", "semantic_models", "saved_queries") if manifest is not None else ():
            files |= {
                node.original_file_path
                for node in getattr(manifest, group).values()
                for each in (node, *getattr(node, "measures", ()))
                if re.search(rf"\b{re.escape(each.name)}\b", text)
            }
        trace = trace.tb_next
    return ", ".join(sorted(files)) or None


def _text(error: BaseException, said: Sequence[str]) -> str:
    """The message without dbt's indentation; YAML errors keep their line, long ones are cut."""
    text = " ".join(" ".join([str(error), *said]).split()) or type(error).__name__
    return text if len(text) <= 700 else text[:700] + " …"
