"""Comparisons that are out of the ordinary, on DuckDB. That counts are exact in general: test_truth.py."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest

from dataops.diff import aggregate, counts, multiset
from dataops.diff.aggregate import Sides
from dataops.diff.columns import Tolerance
from dataops.diff.compare import compare
from dataops.diff.difference import Diff, Key
from dataops.diff.pair import Options, Pair, Side, prepare
from dataops.warehouse import Warehouse
from tests.diff.warehouses import opened


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with opened(tmp_path_factory.mktemp("duckdb"), {"type": "duckdb", "path": ":memory:"}) as warehouse:
        yield warehouse


def _side(warehouse: Warehouse, sql: str) -> Side:
    return Side("a query", f"({sql})", warehouse.query_columns(sql))


def _diff(warehouse: Warehouse, before: str, after: str, *key: str, **options: object) -> Diff:
    pair = Pair("pair", _side(warehouse, before), _side(warehouse, after))
    return compare(warehouse, pair, Options(Key(key, "--key"), **options))  # type: ignore[arg-type]


def _kinds(diff: Diff) -> dict[str, str]:
    return {column.name: column.kind for column in diff.columns}


def test_columns_that_come_go_move_and_change_their_type(warehouse: Warehouse) -> None:
    before = "select 1 as id, 2 as gone, 3 as a, 4 as b, 5 as wide"
    found = _diff(warehouse, before, "select 1 as id, 4 as b, 3 as a, 5::bigint as wide, 6 as new", "id")
    assert _kinds(found) == {
        "id": "same", "b": "same", "a": "same", "wide": "retyped", "new": "added", "gone": "removed",
    }  # fmt: skip
    assert found.reordered
    assert found.rows is not None
    assert found.rows.alike
    assert not found.alike


def test_names_that_need_quotes_and_other_scripts(warehouse: Warehouse) -> None:
    names = ['"select"', '"a b"', '"o""clock"', '"größe"', '"价格"', '"it\'s"']
    before = "select 1 as id, " + ", ".join(f"{n} as {name}" for n, name in enumerate(names))
    after = "select 1 as id, " + ", ".join(f"{n + 1} as {name}" for n, name in enumerate(names))
    found = _diff(warehouse, before, after, "id")
    assert [column.changed for column in found.columns] == [0, 1, 1, 1, 1, 1, 1]
    assert {cell.column for cell in found.samples[0].cells} == {"select", "a b", 'o"clock', "größe", "价格", "it's"}


def test_letter_case_alone_does_not_make_another_column(warehouse: Warehouse) -> None:
    found = _diff(warehouse, "select 1 as ID, 2 as Amount", "select 1 as id, 3 as amount", "id")
    assert _kinds(found) == {"id": "same", "amount": "changed"}


def test_a_thousand_columns(warehouse: Warehouse) -> None:
    def wide(last: int) -> str:
        columns = ", ".join(f"i + {n} as c{n}" for n in range(998))
        return f"select i as id, {columns}, {last} as last from range(50) t(i)"

    found = _diff(warehouse, wide(1), wide(2), "id")
    assert [column.name for column in found.columns if column.kind == "changed"] == ["last"]
    assert found.rows is not None
    assert found.rows.modified == 50
    everything = _diff(warehouse, wide(1), wide(1).replace("i + ", "i - "), "id")
    assert sum(column.kind == "changed" for column in everything.columns) == 997  # c0 is i ± 0
    assert max(len(sample.cells) for sample in everything.samples) <= 60


@pytest.mark.parametrize("key", [(), ("id",)])
def test_no_rows(warehouse: Warehouse, key: tuple[str, ...]) -> None:
    none = "select 1 as id, 'x' as v where false"
    some = "select 1 as id, 'x' as v"
    empty = _diff(warehouse, none, none, *key)
    assert empty.alike
    filled = _diff(warehouse, none, some, *key)
    assert filled.rows is not None
    assert (filled.rows.before, filled.rows.added, filled.rows.removed) == (0, 1, 0)
    assert filled.samples[0].kind == "added"


@pytest.mark.parametrize("large", [0, 10**9])
def test_heavily_repeated_keys_are_never_multiplied(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, large: int
) -> None:
    """A cross product of these would have ten thousand million rows."""
    monkeypatch.setattr(counts, "LARGE", large)
    rows = "select 1 as id, i as v from range(100000) t(i)"
    found = _diff(warehouse, rows, rows.replace("100000", "100001"), "id")
    assert found.rows is not None
    assert (found.rows.same, found.rows.added, found.rows.removed, found.rows.modified) == (100000, 1, 0, 0)
    assert (found.rows.duplicate_keys.before, found.rows.duplicate_keys.after) == (100000, 100001)


@pytest.mark.parametrize("looking", [lambda sides, most: aggregate.counting(sides, most, 5), counts.looking])
def test_a_join_stops_after_one_pair_too_many(warehouse: Warehouse, looking: Callable[[Sides, int], str]) -> None:
    """100 rows a side share a key: the join has 10,000 pairs, and after 201 it is clear that the key is none."""
    rows = "select 1 as id, i as v from range(100) t(i)"
    pair = Pair("pair", _side(warehouse, rows), _side(warehouse, rows))
    prepared = prepare(warehouse, pair, Options(Key(("id",), "--key")))
    row = warehouse.rows(looking(prepared.sides, 200))[0]
    counts = aggregate.read(row, len(prepared.sides.values) if len(row) > 8 else 0)
    assert counts.pairs == 201
    assert not counts.sound(100, 100)


def test_values_are_compared_by_value(warehouse: Warehouse) -> None:
    before = """select 1 as id, map {'a': 1, 'b': 2} as m, '{"a": 1, "b": [1, 2]}'::json as j,
        timestamptz '2024-01-01 12:00:00+00' as t, 'nan'::double as n, 0.0::double as z, 1.0::double as f"""
    after = """select 1 as id, map {'b': 2, 'a': 1} as m, '{"b":[1,2],"a":1}'::json as j,
        timestamptz '2024-01-01 13:00:00+01' as t, 'nan'::double as n, -0.0::double as z,
        1.0000000000001::double as f"""
    assert _diff(warehouse, before, after, "id").alike
    other = (
        after.replace("'a': 1", "'a': 3").replace('"a":1', '"a":3').replace("13:00", "14:00").replace("1.00", "1.01")
    )
    assert {name for name, kind in _kinds(_diff(warehouse, before, other, "id")).items() if kind == "changed"} == {
        "m", "j", "t", "f",
    }  # fmt: skip


def test_text_is_the_same_in_every_character_unless_told_otherwise(warehouse: Warehouse) -> None:
    before, after = "select 1 as id, 'Zürich ' as city", "select 1 as id, 'zürich' as city"
    for case, space, same in ((False, False, False), (True, False, False), (False, True, False), (True, True, True)):
        tolerance = Tolerance(ignore_case=case, ignore_space=space)
        assert _diff(warehouse, before, after, "id", tolerance=tolerance).alike is same


def test_a_moment_is_the_same_with_and_without_its_time_zone(warehouse: Warehouse) -> None:
    warehouse.run("set timezone = 'America/St_Johns'")
    zoned = "select 1 as id, timestamptz '2024-01-01 12:00:00+00' as t"
    plain = "select 1 as id, timestamp '2024-01-01 12:00:00' as t"
    coarse = "select 1 as id, timestamp_s '2024-01-01 12:00:00' as t"
    fine = "select 1 as id, timestamp '2024-01-01 12:00:00.25' as t"
    for one, other in ((zoned, plain), (plain, zoned), (coarse, fine), (fine, coarse)):
        found = _diff(warehouse, one, other, "id")
        assert [column.changed for column in found.columns] == [0, 0]


def test_a_key_that_one_side_lacks_is_said_to_be_useless(warehouse: Warehouse) -> None:
    found = _diff(warehouse, "select 1 as a", "select 1 as a, 2 as id", "id")
    assert found.key.columns == ()
    assert "id is not on both sides" in found.notes[0]


def test_one_value_explains_the_modified_rows(warehouse: Warehouse) -> None:
    before = "select i as id, case when i % 8 = 0 then 'DE' else 'FR' end as country, i as v from range(4000) t(i)"
    changed = "case when i % 8 = 0 or i % 1000 = 1 then i + 1 else i end as v"
    found = _diff(warehouse, before, before.replace("i as v", changed), "id")
    (segment,) = found.segments
    assert (segment.column, segment.value) == ("country", "DE")
    assert segment.share == pytest.approx(500 / 504)
    assert segment.usual == pytest.approx(1 / 8)
    # The column that explains need not be one that is compared.
    (segment,) = _diff(warehouse, before, before.replace("i as v", changed), "id", suspects=frozenset({"v"})).segments
    assert (segment.column, segment.value) == ("country", "DE")
    # What all rows have explains nothing.
    assert not _diff(warehouse, before, before.replace("i as v", "i + 1 as v"), "id").segments


def test_what_rows_have_in_common_that_one_side_lacks(warehouse: Warehouse) -> None:
    rows = "select i as id, case when i % 8 = 0 then 'DE' else 'FR' end as country, i % 3 as n from range(400) t(i)"
    for before, after, kind in (
        (rows, rows + " where i % 8 <> 0", "removed"),
        (rows + " where i % 8 <> 0", rows, "added"),
    ):
        (segment,) = _diff(warehouse, before, after, "id").segments
        assert (segment.kind, segment.column, segment.value, segment.share, segment.rows) == (
            kind,
            "country",
            "DE",
            1,
            50,
        )


def test_chance_is_no_explanation(warehouse: Warehouse) -> None:
    """Six of twelve rows have a value that a quarter of all rows have."""
    rows = "select i as id, case when i % 4 = 0 then 'x' else 'y' || i % 16 end as w, i as v from range(100) t(i)"
    some = "case when i in (0, 4, 8, 12, 16, 20, 1, 2, 3, 5, 6, 7) then -1 else i end as v"
    found = _diff(warehouse, rows, rows.replace("i as v", some), "id")
    assert found.rows is not None
    assert found.rows.modified == 12
    assert not found.segments


def test_personal_values_are_in_no_part_of_the_result(warehouse: Warehouse) -> None:
    before = "select i as id, 'name' || i as name, 'mail' || i as mail, i + 0.0625::double as pay from range(20) t(i)"
    after = before.replace("'name' ||", "'other name' ||").replace("0.0625", "0.5625")
    hidden = frozenset({"name", "pay", "mail"})
    for key in (("id",), ("mail",), ()):
        found = repr(_diff(warehouse, before, after, *key, hidden=hidden))
        for secret in ("name1", "mail1", ".0625", ".5625"):
            assert secret not in found, key


def test_only_suspects_are_compared(warehouse: Warehouse) -> None:
    found = _diff(
        warehouse, "select 1 as id, 1 as a, 1 as b", "select 1 as id, 2 as a, 2 as b", "id", suspects=frozenset({"a"})
    )
    assert _kinds(found) == {"id": "same", "a": "changed", "b": "not compared"}


def test_drift_of_a_column_is_told(warehouse: Warehouse) -> None:
    rows = "select i as id, case when i < 10 then null else i::double end as v from range(101) t(i)"
    found = _diff(warehouse, rows, rows.replace("else i::double", "else 2 * i::double"), "id")
    before, after = found.columns[1].before, found.columns[1].after
    assert before is not None
    assert after is not None
    assert (before.nulls, before.distinct, before.minimum, before.maximum) == (10, 91, "10.0", "100.0")
    assert (before.total, after.total) == (5005.0, 10010.0)
    assert before.quantiles[2] == 55.0


@pytest.mark.parametrize("buckets", [1, 4, 1 << 20])
def test_rows_are_compared_exactly_whatever_bucket_they_share(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, buckets: int
) -> None:
    monkeypatch.setattr(multiset, "BUCKETS", buckets)
    rows = "select i as v, 'x' as w from range(100) t(i)"
    found = _diff(warehouse, rows, rows.replace("i as v", "case when i = 7 then -1 else i end as v"))
    assert found.rows is not None
    assert (found.rows.removed, found.rows.added, found.rows.same) == (1, 1, 99)
    assert {(sample.kind, sample.cells[0].old, sample.cells[0].new) for sample in found.samples} == {
        ("removed", "7", None), ("added", None, "-1"),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("true", "true"),
        ("i % 10 <> 3", "i % 11 <> 4"),
        ("i < 0", "true"),
        ("true", "i < 0"),
    ],
)
@pytest.mark.parametrize("value", ["i", "i + 1e-13", "case when i % 13 = 0 then null else i end", "i + 1"])
def test_large_relations_are_compared_by_way_of_hashes_and_with_the_same_result(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch, before: str, after: str, value: str
) -> None:
    rows = "select i as id, {0}::double as v, 'x' || i % 3 as w from range(500) t(i) where {1}"
    sides = rows.format("i", before), rows.format(value, after)
    plain = _diff(warehouse, *sides, "id")
    monkeypatch.setattr(counts, "LARGE", 0)
    assert replace(_diff(warehouse, *sides, "id"), seconds=plain.seconds) == plain
    # Where too much differs to be looked at apart.
    monkeypatch.setattr(counts, "MOST_KEPT", 0)
    assert replace(_diff(warehouse, *sides, "id"), seconds=plain.seconds) == plain


def test_keys_that_repeat_or_lack_are_noticed_in_large_relations_too(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "select nullif(i % 40, 7) as id, i as v from range(50) t(i)"
    plain = _diff(warehouse, rows, rows.replace("50", "51"), "id")
    monkeypatch.setattr(counts, "LARGE", 0)
    found = _diff(warehouse, rows, rows.replace("50", "51"), "id")
    assert found.rows == plain.rows
    assert found.rows is not None
    assert found.rows.duplicate_keys
    assert found.rows.null_keys


def test_a_key_of_another_type_is_the_same_key_in_large_relations_too(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The hash of a number depends on its type."""
    monkeypatch.setattr(counts, "LARGE", 0)
    rows = "select i::{} as id, {} as v from range(100) t(i)"
    found = _diff(warehouse, rows.format("bigint", "i"), rows.format("decimal(9, 2)", "i + 1"), "id")
    assert found.rows is not None
    assert (found.rows.modified, found.rows.added, found.rows.removed) == (100, 0, 0)
