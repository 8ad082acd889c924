"""A data card for people: Markdown that lies beside the data."""

from __future__ import annotations

from collections.abc import Iterable

from dataops.engines.values import Column
from dataops.release.card import Card


def markdown(card: Card) -> str:
    """The whole card."""
    facts = [
        ("release", f"{card.release}, made {card.released_at[:19]}Z"),
        ("git revision", card.revision or "unknown"),
        ("owner", card.owner or "nobody named"),
        ("file", f"`{card.file}`, {card.bytes:,} bytes, SHA-256 `{card.sha256}`"),
        ("rows", f"{card.rows:,}, content `{card.content_hash}`"),
        ("time range", time_range(card)),
        ("written by", card.written_by),
    ]
    columns = [
        (f"`{each.name}`", each.type, each.description, f"{each.blank_rows:,}", _range(each)) for each in card.columns
    ]
    tests = [(each.name, each.status, f"{each.failures:,}" if each.failures else "") for each in card.tests]
    lineage = [(each.unique_id, ", ".join(each.parents)) for each in card.lineage]
    parts = [
        f"# {card.name}",
        card.description,
        _table(("", ""), facts),
        f"## Personal data\n\n{privacy(card)}",
        "## Columns\n\n" + _table(("name", "type", "meaning", "blank rows", "from, to"), columns),
        f"## Tests\n\n{tested(card)}, in the release's own run.\n\n" + _table(("test", "result", "rows"), tests),
        "## Where it comes from\n\n" + _table(("node", "reads"), lineage),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def privacy(card: Card) -> str:
    """What the proof says of tagged columns, in a sentence or two."""
    tagged, shown = card.privacy.tagged, {each.source for each in card.privacy.exposed}
    if not tagged:
        return "No column that this data comes from is tagged `pii` or `phi`."
    if not shown:
        return (
            f"This data comes from {len(tagged)} columns tagged `pii` or `phi`. None of their values is in it: "
            "followed through the SQL of every model on the way. What can be inferred from it was not judged."
        )
    names = sorted({each.column.rsplit(".", 1)[-1] for each in card.privacy.exposed})
    listed = ", ".join(f"`{name}`" for name in names if name != "*") or "columns that could not be told apart"
    return f"**It holds personal data**: {len(shown)} columns tagged `pii` or `phi` reach it, in {listed}."


def tested(card: Card) -> str:
    """`12 tests passed, 1 warned`."""
    warned = sum(test.status == "warn" for test in card.tests)
    passed = len(card.tests) - warned
    words = [f"{passed:,} {'test' if passed == 1 else 'tests'} passed"] + ([f"{warned:,} warned"] if warned else [])
    return ", ".join(words)


def time_range(card: Card) -> str:
    """`occurred_at from … to …`, for the columns that have one."""
    ranges = [f"{each.name} from {each.earliest} to {each.latest}" for each in card.columns if each.earliest]
    return "; ".join(ranges) or "no dates or times"


def _range(column: Column) -> str:
    return f"{column.earliest}, {column.latest}" if column.earliest else ""


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = ["| " + " | ".join(heads) + " |", "|" + " --- |" * len(heads)]
    lines += ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows]
    return "\n".join(lines)
