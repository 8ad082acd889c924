"""What is known of one relation's difference: shape, values, drift, who it concerns, sample rows."""

from __future__ import annotations

from collections.abc import Callable

from dataops.diff.difference import ColumnDiff, Diff, Profile, SampleRow
from dataops.output.page import differing, values
from dataops.output.page.blocks import MOST, Block, Items, Line, Paragraph, Span, Table, joined, line, table
from dataops.output.words import plural

_PERSONAL = Span("personal", "aside")
_QUANTILES = ("5 %", "25 %", "median", "75 %", "95 %")
_UNKNOWN: tuple[float | None, ...] = (None,) * len(_QUANTILES)


def column_tables(diff: Diff, most: int) -> list[Table]:
    """All that there is to say, `most` columns each."""
    order = {column.name: index for index, column in enumerate(differing.ranked(diff))}
    found = [column for column in diff.columns if column.name in order or column.before != column.after]
    ranked = sorted(found, key=lambda each: order.get(each.name, len(order)))
    shapes = [each for each in diff.columns if each.kind in differing.SHAPES or differing.nullability(each)]
    counted = [each for each in ranked if each.changed or _moved(each)]
    numeric = [
        each for each in ranked if each.before and each.after and (each.before.mean, each.after.mean) != (None,) * 2
    ]
    ends = [each for each in ranked if each.before and each.after and not each.hidden and _ends(each)]
    heads = ("column", "values that differ", "match", "NULL", "distinct values")
    return [
        *_table("Columns of another shape", ("column", "type before", "type after", "change"), shapes, _shape, most),
        *_table("Values", heads, counted, lambda each: _values(diff, each), most, right=(1, 2, 3, 4)),
        *_known(_table("Numbers, before → after", ("column", "sum", "mean", *_QUANTILES), numeric, _numbers, most)),
        *_table("Least and greatest values, before → after", ("column", "least", "greatest"), ends, _range, most),
    ]


def _table(
    caption: str,
    heads: tuple[str, ...],
    columns: list[ColumnDiff],
    row: Callable[[ColumnDiff], tuple[Line, ...]],
    most: int,
    right: tuple[int, ...] = (),
) -> list[Table]:
    rows = [row(each) for each in columns[:most]]
    return [table(caption, heads, rows, right, captioned=True, total=len(columns))] if rows else []


def _shape(column: ColumnDiff) -> tuple[Line, ...]:
    types = [line(values.name(each)) if each else line("–") for each in (column.before_type, column.after_type)]
    words = [column.kind] if column.kind in differing.SHAPES else []
    words += [differing.nullability(column)] if differing.nullability(column) else []
    return (line(values.name(column.name)), *types, line(", ".join(words)))


def _moved(column: ColumnDiff) -> bool:
    """Whether the number of NULLs or of distinct values is another."""
    before, after = column.before, column.after
    return bool(before and after) and _counts(before) != _counts(after)


def _counts(profile: Profile | None) -> tuple[int, int | None] | None:
    return (profile.nulls, profile.distinct) if profile else None


def _values(diff: Diff, column: ColumnDiff) -> tuple[Line, ...]:
    rate = column.match_rate
    name = line(values.name(column.name))
    return (
        line(name, " ", _PERSONAL) if column.hidden else name,
        line(f"{column.changed:,}" if column.changed is not None else "–"),
        line(values.share(rate) if rate is not None else "–"),
        line(_nulls(diff, column)),
        line(_distinct(column)),
    )


def _nulls(diff: Diff, column: ColumnDiff) -> str:
    if diff.rows is None or (column.before is None and column.after is None):
        return "–"
    sides = ((column.before, diff.rows.before), (column.after, diff.rows.after))
    before, after = ((profile.nulls, rows) if profile else None for profile, rows in sides)
    return values.rates(before, after)


def _distinct(column: ColumnDiff) -> str:
    old, new = (profile.distinct if profile else None for profile in (column.before, column.after))
    if old is not None and new is not None:
        return values.counts(old, new)
    if old is None and new is None:
        return "–"
    return " → ".join("–" if each is None else f"{each:,}" for each in (old, new))


def _mean(profile: Profile | None) -> float | None:
    return profile.mean if profile else None


def _numbers(column: ColumnDiff) -> tuple[Line, ...]:
    """Sum, mean and quantiles."""
    before, after = column.before or Profile(0), column.after or Profile(0)
    pairs = [(before.total, after.total), (before.mean, after.mean)]
    pairs += list(zip(before.quantiles or _UNKNOWN, after.quantiles or _UNKNOWN, strict=False))[: len(_QUANTILES)]
    pairs += [(None, None)] * (2 + len(_QUANTILES) - len(pairs))
    return (line(values.name(column.name)), *(line(values.drift(old, new)) for old, new in pairs))


def _known(tables: list[Table]) -> list[Table]:
    """Without the columns of a table in which nothing stands."""
    found = []
    for each in tables:
        kept = [index for index in range(len(each.heads)) if any(row[index][0].text for row in each.rows)]
        heads = tuple(each.heads[index] for index in kept)
        rows = tuple(tuple(row[index] for index in kept) for row in each.rows)
        found.append(Table(each.caption, heads, rows, tuple(range(1, len(kept))), each.more, captioned=True))
    return found


def _ends(column: ColumnDiff) -> bool:
    """Whether the least or the greatest value is another."""
    before, after = column.before or Profile(0), column.after or Profile(0)
    return (before.minimum, before.maximum) != (after.minimum, after.maximum)


def _range(column: ColumnDiff) -> tuple[Line, ...]:
    before, after = column.before or Profile(0), column.after or Profile(0)
    ends = ((before.minimum, after.minimum), (before.maximum, after.maximum))
    cells = [line(values.value(old)) if old == new else values.change(old, new) for old, new in ends]
    return (line(values.name(column.name)), *cells)


_CELLS = 6
"""Values of an added or removed row that are shown."""


def details(diff: Diff, most: int = MOST) -> list[Block]:
    """Everything, the most telling first; at most so many columns."""
    blocks: list[Block] = []
    if diff.failure:
        blocks.append(Paragraph(line("Rows were not compared: ", values.prose(diff.failure))))
    blocks.append(Items(tuple(_facts(diff))))
    return [*blocks, *column_tables(diff, most), *_samples(diff, most)]


def _facts(diff: Diff) -> list[Line]:
    against = {
        "production": "Production",
        "base code": "The earlier version of the model, built on the same inputs,",
        "relation": "One relation",
    }.get(diff.against, values.message(diff.against))
    lines = [differing.segment(each) for each in diff.segments]
    lines.append(
        line(f"{against} ", values.name(diff.before), " was compared with ", values.name(diff.after), "."),
    )
    if diff.rows is not None:
        lines.append(differing.key(diff))
    lines += differing.unidentified(diff) + differing.limits(diff)
    if diff.reordered:
        lines.append(line("The columns stand in another order."))
    lines += _not_compared(diff)
    return lines + [line(values.prose(note)) for note in diff.notes]


def _not_compared(diff: Diff) -> list[Line]:
    """Columns whose values were not compared, by the reason."""
    reasons: dict[str, list[str]] = {}
    for column in diff.columns:
        if column.changed is None and column.not_compared and column.before_type and column.after_type:
            reasons.setdefault(column.not_compared, []).append(column.name)
    lines = []
    for reason, names in reasons.items():
        some = joined([line(values.name(name)) for name in names[:5]])
        more = f" and {len(names) - 5:,} more" if len(names) > 5 else ""
        lines.append(line("Not compared: ", some, f"{more}: ", values.prose(reason)))
    return lines


def _samples(diff: Diff, most: int) -> list[Table]:
    """Modified rows, one value a line, then rows that were added and removed."""
    tables = []
    keys = tuple(values.name(column).text for column in diff.key.columns)
    modified = [sample for sample in diff.samples if sample.kind == "modified"]
    if modified:
        rows = [row for sample in modified for row in _modified(sample, most)]
        total = sum(len(sample.cells) for sample in modified)
        heads = (*keys, "column", "before", "after")
        tables.append(table(f"{_some(modified)} modified", heads, rows[:most], captioned=True, total=total))
    for kind in ("added", "removed"):
        some = [sample for sample in diff.samples if sample.kind == kind]
        if some:
            whole = [(*_key(sample), _cells(sample)) for sample in some]
            tables.append(table(f"{_some(some)} {kind}", (*keys, "values"), whole, captioned=True))
    return tables


def _some(samples: list[SampleRow]) -> str:
    return "A row that was" if len(samples) == 1 else f"{plural(len(samples), 'row')} that were"


def _key(sample: SampleRow) -> list[Line]:
    return [line(values.value(value)) for _, value in sample.key]


def _modified(sample: SampleRow, most: int) -> list[tuple[Line, ...]]:
    rows: list[tuple[Line, ...]] = []
    for cell in sample.cells[:most]:
        old, new = values.pair(cell.old, cell.new)
        rows.append((*_key(sample), line(values.name(cell.column)), line(old), line(new)))
    return rows


def _cells(sample: SampleRow) -> Line:
    shown = [
        line(values.name(cell.column), " ", values.value(cell.new if sample.kind == "added" else cell.old))
        for cell in sample.cells[:_CELLS]
    ]
    left = len(sample.cells) - _CELLS
    return joined(shown + ([line(f"{left:,} more")] if left > 0 else []))
