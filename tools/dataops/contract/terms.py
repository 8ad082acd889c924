"""What a model promises: the terms of an enforced contract, as plain values.

Made of dbt's manifest as its objects or as `manifest.json` has it, so that a base is read in the same way.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from dataops.project.reading import get, text

NOT_NULL, UNIQUE, PRIMARY_KEY = "not_null", "unique", "primary_key"


@dataclass(frozen=True)
class Constraint:
    """A constraint of some columns of a relation. `says` is what a check or a foreign key says, as it is written."""

    kind: str
    columns: frozenset[str]
    says: str = ""

    def __str__(self) -> str:
        named = f" ({', '.join(sorted(self.columns))})" if self.columns else ""
        return f"{self.kind}{named}" + (f" {self.says}" if self.says else "")


@dataclass(frozen=True)
class Terms:
    """What one model promises. `name` is `orders`, of a version `orders.v1`; `model` is `orders` of both.

    `types` are those of the columns, in the order in which they are written. `deprecated`: the day from which nothing
    is promised any more. `file` and `sheet`: where it is written and described, relative to the project.
    """

    unique_id: str
    name: str
    model: str
    version: str
    access: str
    enforced: bool
    types: Mapping[str, str]
    constraints: frozenset[Constraint]
    deprecated: datetime.date | None
    file: str
    sheet: str

    def ended(self, today: datetime.date) -> bool:
        """Whether its time is over."""
        return self.deprecated is not None and self.deprecated <= today


def terms(manifest: Any, package: str) -> dict[str, Terms]:
    """The terms of all models of a package, by unique id; of those without a contract, too."""
    return {
        unique_id: _of(unique_id, node)
        for unique_id, node in (get(manifest, "nodes") or {}).items()
        if unique_id.startswith("model.") and get(node, "package_name") == package
    }


def _of(unique_id: str, node: Any) -> Terms:
    version = get(node, "version")
    name = text(get(node, "name"))
    columns = (get(node, "columns") or {}).values()
    return Terms(
        unique_id,
        name if version is None else f"{name}.v{version}",
        name,
        "" if version is None else str(version),
        text(get(node, "access")),
        bool(get(get(get(node, "config"), "contract") or get(node, "contract"), "enforced")),
        {text(get(each, "name")): text(get(each, "data_type")) for each in columns},
        frozenset(_constraints(node)),
        _day(get(node, "deprecation_date")),
        text(get(node, "original_file_path")).replace("\\", "/"),
        text(get(node, "patch_path")).split("://", 1)[-1].replace("\\", "/"),
    )


def _constraints(node: Any) -> Iterator[Constraint]:
    """Each in one form, wherever it is written: that a key is never NULL goes without saying."""
    written = [(each, get(each, "columns") or ()) for each in get(node, "constraints") or ()]
    for column in (get(node, "columns") or {}).values():
        written += [(each, (get(column, "name"),)) for each in get(column, "constraints") or ()]
    for each, columns in written:
        kind, names = text(get(each, "type")), frozenset(str(name).lower() for name in columns)
        if kind == PRIMARY_KEY:
            yield Constraint(UNIQUE, names)
        if kind in (NOT_NULL, PRIMARY_KEY):
            yield from (Constraint(NOT_NULL, frozenset({name})) for name in names)
        elif kind == UNIQUE:
            yield Constraint(UNIQUE, names)
        else:
            yield Constraint(kind, names, _said(each))


def _said(constraint: Any) -> str:
    to, columns = get(constraint, "to"), get(constraint, "to_columns") or ()
    parts = (get(constraint, "expression"), to, f"({', '.join(map(str, columns))})" if columns else "")
    return " ".join(" ".join(str(each).split()) for each in parts if each)


def _day(given: Any) -> datetime.date | None:
    """A date, as dbt takes it: with or without a time of the day."""
    if isinstance(given, datetime.datetime):
        return given.date()
    if isinstance(given, datetime.date) or not given:
        return given or None
    return datetime.datetime.fromisoformat(str(given).replace("Z", "+00:00")).date()
