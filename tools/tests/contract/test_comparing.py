"""Each promise that can be broken, what is no break, and what versions and dates excuse."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from dataops.contract.breaches import Breach
from dataops.contract.comparing import Comparing
from dataops.contract.terms import terms

TODAY = datetime.date(2026, 6, 1)
COMPARING = Comparing("postgres", TODAY, lambda *_: 1)


def _model(
    columns: dict[str, Any] | None = None, *, version: int | None = None, enforced: bool = True, **more: Any
) -> tuple[str, dict[str, Any]]:
    """A model as `manifest.json` has it; a column is a type, or a type with constraints."""
    given = {"id": "integer", "name": "varchar(10)"} if columns is None else columns
    described = {}
    for name, each in given.items():
        kind, *constraints = each.split(" + ")
        described[name] = {"name": name, "data_type": kind, "constraints": [{"type": one} for one in constraints]}
    unique_id = "model.shop.orders" + (f".v{version}" if version else "")
    node = {
        "package_name": "shop",
        "name": "orders",
        "version": version,
        "access": "public",
        "config": {"contract": {"enforced": enforced}},
        "columns": described,
        "original_file_path": "models/orders.sql",
        **more,
    }
    return unique_id, node


Node = tuple[str, dict[str, Any]]
BASE = _model()


def _found(before: list[Node], after: list[Node]) -> tuple[list[tuple[str, str]], list[str]]:
    old, new = terms({"nodes": dict(before)}, "shop"), terms({"nodes": dict(after)}, "shop")
    every = [*COMPARING.compare(old, new, old.keys() - new.keys())]
    breaches = [each for each in every if isinstance(each, Breach)]
    return [(each.kind, each.column) for each in breaches], [
        each.message for each in every if not isinstance(each, Breach)
    ]


ID_IS_KEY = {"type": "primary_key", "columns": ["ID"]}
KEYED = _model({"id": "integer + primary_key", "name": "text + not_null"})


@pytest.mark.parametrize(
    ("before", "after", "kind", "column"),
    [
        (BASE, _model({"id": "integer"}), "column removed", "name"),
        (BASE, _model({"id": "integer", "called": "varchar(10)"}), "column renamed", "name"),
        (BASE, _model({"id": "integer", "called": "text"}), "column removed", "name"),
        (BASE, _model({"id": "smallint", "name": "varchar(10)"}), "type narrowed", "id"),
        (BASE, _model({"id": "double precision", "name": "varchar(10)"}), "type changed", "id"),
        (BASE, _model({"id": "integer", "name": "my_type"}), "type changed", "name"),
        (BASE, _model(enforced=False), "contract dropped", ""),
        (BASE, _model(access="protected"), "access narrowed", ""),
        (BASE, _model(deprecation_date="2026-05-01"), "end moved", ""),
        (_model(deprecation_date="2027-05-01"), _model(deprecation_date="2027-04-30"), "end moved", ""),
        (KEYED, _model({"id": "integer + not_null", "name": "text + not_null"}), "constraint dropped", "id"),
        (KEYED, _model({"id": "integer + primary_key", "name": "text"}), "constraint dropped", "name"),
        (
            _model(constraints=[{"type": "check", "expression": "id > 0"}]),
            _model(constraints=[{"type": "check", "expression": "id > 1"}]),
            "constraint dropped",
            "",
        ),
        (
            _model(constraints=[{"type": "unique", "columns": ["id", "name"]}]),
            _model(),
            "constraint dropped",
            "",
        ),
    ],
)
def test_a_promise_that_is_broken(before: Node, after: Node, kind: str, column: str) -> None:
    assert _found([before], [after])[0] == [(kind, column)]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (BASE, BASE),
        (BASE, _model({"id": "bigint", "name": "varchar(50)"})),
        (BASE, _model({"name": "text", "ID": "numeric(12, 2)"})),
        (BASE, _model({"id": "integer", "name": "varchar(10)", "more": "date"})),
        (BASE, KEYED),
        (BASE, _model(deprecation_date="2026-12-31")),
        (_model(deprecation_date="2026-12-31"), BASE),
        (_model(access="protected"), BASE),
        (KEYED, _model({"id": "integer + unique + not_null", "name": "text + not_null"})),
        # A key of a level above is the same key, and one of fewer columns is one of more.
        (KEYED, _model({"id": "integer", "name": "text + not_null"}, constraints=[ID_IS_KEY])),
        (_model(constraints=[{"type": "unique", "columns": ["id", "name"]}]), KEYED),
        # Nobody promised anything, or no longer.
        (_model(enforced=False), _model({"id": "integer"}, access="private")),
        (_model(deprecation_date="2026-06-01"), _model({"id": "integer"})),
    ],
)  # fmt: skip
def test_what_takes_nothing_away(before: Node, after: Node) -> None:
    assert _found([before], [after])[0] == []


def test_a_model_may_go_on_its_day_and_not_before() -> None:
    assert _found([BASE], []) == ([("model removed", "")], [])
    assert _found([_model(version=1, deprecation_date="2026-06-02")], [])[0] == [("model removed", "")]
    assert _found([_model(version=1, deprecation_date="2026-06-01")], []) == ([], [])


def test_a_new_version_excuses_what_changes_in_it_as_long_as_the_earlier_one_stays() -> None:
    narrow = {"id": "smallint"}
    assert _found([BASE], [_model(version=1), _model(narrow, version=2)]) == ([], ["orders has versions now"])
    assert _found([_model(version=1)], [_model(version=1), _model(narrow, version=2)]) == ([], [])
    # A version that is changed is broken, however many others there are.
    assert _found([_model(version=1)], [_model(narrow, version=1), _model(version=2)])[0] == [
        ("type narrowed", "id"),
        ("column removed", "name"),
    ]
    assert _found([BASE], [_model(narrow, version=1), _model(version=2)])[0] == []
    assert len(_found([BASE], [_model(narrow, version=1), _model(narrow, version=2)])[0]) == 2


def test_what_is_said_of_a_type() -> None:
    assert _found([BASE], [_model({"id": "bigint", "name": "varchar(10)"})])[1] == [
        "orders.id is bigint, and was integer: it holds all that it held"
    ]
