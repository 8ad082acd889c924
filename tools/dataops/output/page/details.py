"""What is known of one relation's difference: shape, values, drift, who it concerns, sample rows."""

from __future__ import annotations

from dataops.diff.facts import Diff, SampleRow
from dataops.output.page import columns, differing, values
from dataops.output.page.blocks import MOST, Block, Items, Line, Paragraph, Table, joined, line, table
from dataops.output.words import plural

_CELLS = 6
"""Values of an added or removed row that are shown."""


def details(diff: Diff, most: int = MOST) -> list[Block]:
    """Everything, the most telling first; at most so many columns."""
    blocks: list[Block] = []
    if diff.failure:
        blocks.append(Paragraph(line("Rows were not compared: ", values.prose(diff.failure))))
    blocks.append(Items(tuple(_facts(diff))))
    return [*blocks, *columns.tables(diff, most), *_samples(diff, most)]


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
