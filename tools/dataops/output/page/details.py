"""What is known of one relation's difference: shape, values, drift, who it concerns, sample rows."""

from __future__ import annotations

from dataops.diff.facts import ColumnDiff, Diff, Profile, SampleRow
from dataops.output.page import differing, figures, values
from dataops.output.page.blocks import Block, Items, Line, Paragraph, Span, Table, joined, line, table
from dataops.output.words import plural

_CELLS = 6
"""Values of an added or removed row that are shown."""

_PERSONAL = Span("personal", "aside")
_QUANTILES = ("5 %", "25 %", "median", "75 %", "95 %")


def details(diff: Diff) -> list[Block]:
    """Everything, the most telling first."""
    blocks: list[Block] = []
    if diff.failure:
        blocks.append(Paragraph(line("Rows were not compared: ", values.prose(diff.failure))))
    blocks.append(Items(tuple(_facts(diff))))
    for each in (_schema(diff), _values(diff), _numbers(diff), _range(diff), *_samples(diff)):
        blocks += [each] if each else []
    return blocks


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


def _schema(diff: Diff) -> Table | None:
    rows = []
    for column in diff.columns:
        note = differing.nullability(column)
        if column.kind not in ("added", "removed", "retyped") and not note:
            continue
        types = [line(values.name(each)) if each else line("–") for each in (column.before_type, column.after_type)]
        kind = column.kind if column.kind in ("added", "removed", "retyped") else ""
        rows.append((line(values.name(column.name)), *types, line(", ".join(word for word in (kind, note) if word))))
    heads = ("column", "type before", "type after", "change")
    return table("Columns of another shape", heads, rows, captioned=True) if rows else None


def _values(diff: Diff) -> Table | None:
    """How many values of each column differ, and how NULLs and distinct values moved."""
    rows = []
    for column in differing.ranked(diff):
        if not column.changed:
            continue
        rate = column.match_rate
        before, after = column.before, column.after
        rows.append(
            (
                _named(column),
                line(f"{column.changed:,}"),
                line(figures.share(rate) if rate is not None else "–"),
                line(figures.rates(_nulls(diff, before, 0), _nulls(diff, after, 1))),
                line(_distinct(before, after)),
            )
        )
    heads = ("column", "values that differ", "match", "NULL", "distinct values")
    return table("Values that differ", heads, rows, right=(1, 2, 3, 4), captioned=True) if rows else None


def _named(column: ColumnDiff) -> Line:
    return line(values.name(column.name), " ", _PERSONAL) if column.hidden else line(values.name(column.name))


def _nulls(diff: Diff, profile: Profile | None, side: int) -> tuple[int, int] | None:
    if profile is None or diff.rows is None:
        return None
    return profile.nulls, diff.rows.after if side else diff.rows.before


def _distinct(before: Profile | None, after: Profile | None) -> str:
    old, new = (profile.distinct if profile else None for profile in (before, after))
    if old is None or new is None:
        return (
            " → ".join("–" if each is None else f"{each:,}" for each in (old, new))
            if (old, new) != (None, None)
            else ""
        )
    return figures.counts(old, new)


def _numbers(diff: Diff) -> Table | None:
    """Sums, means and quantiles of numeric columns that differ."""
    rows = []
    for column in differing.ranked(diff):
        before, after = column.before, column.after
        if before is None or after is None or (before.mean is None and after.mean is None):
            continue
        quantiles: list[float | None] = list(before.quantiles or (None,) * 5)
        later: list[float | None] = list(after.quantiles or (None,) * 5)
        rows.append(
            (
                line(values.name(column.name)),
                line(figures.drift(before.total, after.total)),
                line(figures.drift(before.mean, after.mean)),
                *(line(figures.drift(old, new)) for old, new in zip(quantiles[:5], later[:5], strict=False)),
            )
        )
    heads = ("column", "sum", "mean", *_QUANTILES)
    known = [index for index in range(len(heads)) if any(row[index][0].text for row in rows)]
    kept = [tuple(row[index] for index in known) for row in rows]
    right = tuple(range(1, len(known)))
    return table("Numbers, before → after", tuple(heads[index] for index in known), kept, right, True) if rows else None


def _range(diff: Diff) -> Table | None:
    rows = []
    for column in differing.ranked(diff):
        before, after = column.before, column.after
        if before is None or after is None or column.hidden:
            continue
        if (before.minimum, before.maximum) == (after.minimum, after.maximum):
            continue
        ends = ((before.minimum, after.minimum), (before.maximum, after.maximum))
        cells = [line(values.value(old)) if old == new else values.change(old, new) for old, new in ends]
        rows.append((line(values.name(column.name)), *cells))
    heads = ("column", "least", "greatest")
    return table("Least and greatest values, before → after", heads, rows, captioned=True) if rows else None


def _samples(diff: Diff) -> list[Table]:
    """Modified rows, one value a line, then rows that were added and removed."""
    tables = []
    keys = tuple(values.name(column).text for column in diff.key.columns)
    modified = [sample for sample in diff.samples if sample.kind == "modified"]
    if modified:
        rows = [row for sample in modified for row in _modified(sample)]
        tables.append(table(f"{_some(modified)} modified", (*keys, "column", "before", "after"), rows, captioned=True))
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


def _modified(sample: SampleRow) -> list[tuple[Line, ...]]:
    rows: list[tuple[Line, ...]] = []
    for cell in sample.cells:
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
