"""dbt's exceptions as errors of ours: one line for what is wrong, one for how to mend it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import duckdb
from dbt.exceptions import DbtProfileError, DbtProjectError, ParsingError
from dbt_common.exceptions import CompilationError, DbtBaseException, DbtDatabaseError

from dataops.errors import DataopsError, ProjectError, SettingsError, WarehouseError, of_disk

_LOCKED = re.compile(r'Could not set lock on file "(?P<file>[^"]+)"[^(]*(?:\((?P<holder>PID \d+)\))?')


def explain(error: BaseException) -> DataopsError:
    """The error of ours that tells a user what dbt's exception means."""
    text = _text(error)
    locked = _LOCKED.search(text)
    if locked:
        return lock_error(locked["file"], locked["holder"])
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
        return ProjectError(text, "mend the file named above; `dbt parse` shows the same error")
    if isinstance(error, DbtDatabaseError | duckdb.Error) or "connect" in type(error).__name__.lower():
        return WarehouseError(text, "check the connection in profiles.yml; `dbt debug` tries it")
    return ProjectError(f"{type(error).__name__}: {text}", "`dbt parse` and `dbt debug` show more")


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


def _text(error: BaseException) -> str:
    """The message without dbt's indentation; YAML errors keep their line, long ones are cut."""
    text = " ".join(str(error).split()) or type(error).__name__
    return text if len(text) <= 700 else text[:700] + " …"
