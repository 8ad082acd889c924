"""A comparison by the tool, held against the definition."""

from __future__ import annotations

import os
from collections import Counter

from hypothesis import HealthCheck, settings

from dataops.diff.compare import compare
from dataops.diff.difference import Diff, Key
from dataops.diff.pair import Options, Pair, Side
from dataops.project.slices import Place
from dataops.warehouse import Warehouse
from tests.diff.cases import NULL, Case
from tests.diff.truth import Truth, truth
from tests.diff.values import Value


def examples(engine: str, few: int) -> settings:
    """How many cases: a few, or as many as DATAOPS_TRUTH_<engine> says."""
    count = int(os.environ.get(f"DATAOPS_TRUTH_{engine}", few))
    return settings(max_examples=count, suppress_health_check=list(HealthCheck))


def found(warehouse: Warehouse, schema: str, case: Case, samples: int = 50) -> Diff:
    """What the tool says of a case."""
    for statement in case.tables(schema, {name: warehouse.quote(name) for name in case.names}):
        warehouse.run(statement)
    sides = []
    for table in ("before", "after"):
        place = Place(None, schema, table, "model", "table", table)
        sides.append(Side(table, warehouse.rendered(place), warehouse.columns(place)))
    options = Options(Key(case.names[: case.keys], "--key"), samples=samples)
    return compare(warehouse, Pair("random", *sides), options)


def agrees(diff: Diff, case: Case) -> None:
    """What the tool says is what the definition says: of rows, of each column, and row by row in the samples."""
    expected = truth(case)
    assert diff.rows == expected.rows, f"{diff.rows} is not {expected.rows}"
    if case.keys:
        values = [column for column in diff.columns if column.name not in diff.key.columns]
        said = {column.name: column.changed for column in values}
        assert said == expected.changed, f"{said} is not {expected.changed}"
        assert {column.compared for column in values} <= {expected.rows.modified + expected.rows.same}
    assert diff.alike == (not expected.added and not expected.removed and not expected.modified)
    sampled(diff, expected)


def sampled(diff: Diff, expected: Truth) -> None:
    """There are no more samples of a kind than rows of that kind, and as many of modified rows as were asked for."""
    kinds = Counter(row.kind for row in diff.samples)
    assert kinds["modified"] == len(expected.modified)
    assert kinds["added"] <= expected.added.total()
    assert kinds["removed"] <= expected.removed.total()


def tells_apart_whole(warehouse: Warehouse, schema: str, type_: str, values: tuple[Value, ...]) -> None:
    """Without a key: in a row of its own each value is exchanged for the next one."""
    old = (NULL, *values)
    numbers = [Value(str(number), number) for number in range(len(old))]
    before, after = (tuple(zip(numbers, side, strict=True)) for side in (old, (*old[1:], old[0])))
    case = Case((("n", "bigint"), ("it", type_)), 0, before, after)
    agrees(found(warehouse, schema, case), case)


def tells_apart(warehouse: Warehouse, schema: str, type_: str, values: tuple[Value, ...]) -> None:
    """Every value of a type against every other, itself and NULL, each pair in a row of its own."""
    pairs = [(old, new) for old in (NULL, *values) for new in (NULL, *values)]
    keys = [Value(str(number), number) for number in range(len(pairs))]
    before, after = (tuple((key, pair[side]) for key, pair in zip(keys, pairs, strict=True)) for side in (0, 1))
    case = Case((("id", "bigint"), ("it", type_)), 1, before, after)
    diff = found(warehouse, schema, case, samples=len(pairs))
    said = {row.key for row in diff.samples}
    expected = {(("id", str(key)),) for (key,) in truth(case).modified}
    wrong = [" and ".join(value.sql for value in pairs[int(str(key[0][1]))]) for key in said ^ expected]
    assert not wrong, f"taken for different though the same, or the other way round: {wrong}"
