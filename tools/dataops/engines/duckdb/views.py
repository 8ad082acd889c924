"""Views over files that a release exports: they were made of the files beside production, and read the published."""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dataops.errors import WarehouseError
from dataops.project.outlet import Outlet
from dataops.warehouse import Warehouse

_VIEWS = """
    select database_name, schema_name, view_name, sql, comment from duckdb_views()
    where not internal and not temporary and contains(sql, {})"""
_COMMENTS = """
    select column_name, comment from duckdb_columns()
    where database_name = {} and schema_name = {} and table_name = {} and comment is not null"""


def repoint(warehouse: Warehouse, root: Path, outlet: Outlet, scratch: Path) -> None:
    """Let the views of the next release read files where they will be served.

    DuckDB makes a view only of what it can read: so there is a folder in which the new files lie as they will in the
    project's, and a file with an absolute path that nothing has yet is there for a moment.

    Raises:
        WarehouseError: DuckDB does not make one of them.
    """
    with _laid_out(outlet, scratch):
        found = warehouse.rows(_VIEWS.format(_text(str(outlet.folder))))
        for database, schema, name, sql, comment in found:
            for location, file in outlet.taken.items():
                for mark in ("'", '"'):
                    sql = sql.replace(str(file).replace(mark, mark * 2), location.replace(mark, mark * 2))  # noqa: PLW2901
            view = ".".join(warehouse.quote(part) for part in (database, schema, name))
            columns = warehouse.rows(_COMMENTS.format(*(_text(part) for part in (database, schema, name))))
            warehouse.run(f"use {warehouse.quote(database)}")
            _make(warehouse, root, scratch, sql.replace("CREATE VIEW", "CREATE OR REPLACE VIEW", 1))
            if comment:
                warehouse.run(f"comment on view {view} is {_text(comment)}")
            for column, text in columns:
                warehouse.run(f"comment on column {view}.{warehouse.quote(column)} is {_text(text)}")


def _make(warehouse: Warehouse, root: Path, scratch: Path, sql: str) -> None:
    try:
        os.chdir(scratch)
        with contextlib.suppress(WarehouseError):
            warehouse.run(sql)
            return
    finally:
        os.chdir(root)
    warehouse.run(sql)


@contextmanager
def _laid_out(outlet: Outlet, scratch: Path) -> Iterator[None]:
    """The new files under their relative paths in `scratch`, and those with absolute ones in place, if nothing is."""
    placed: list[Path] = []
    scratch.mkdir(parents=True, exist_ok=True)
    try:
        for location, file in outlet.taken.items():
            place = scratch / location
            if location.startswith("~") or not place.resolve().is_relative_to(scratch.resolve()):
                place = outlet.place(location)
            if file.exists() and not place.exists():
                place.parent.mkdir(parents=True, exist_ok=True)
                placed.append(place)
                if file.is_dir():
                    shutil.copytree(file, place, copy_function=os.link)
                else:
                    os.link(file, place)
        yield
    finally:
        for place in placed:
            if place.is_dir():
                shutil.rmtree(place)
            else:
                place.unlink()


def _text(value: str) -> str:
    return "'" + value.replace("'", "''") + "'"
