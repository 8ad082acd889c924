"""Rules on the data: those that are broken, and those of which the branch says that they may be."""

from __future__ import annotations

from dataops.changes.plan import short
from dataops.output.page import values
from dataops.output.page.blocks import MOST, Block, Line, Paragraph, Section, Span, line, table
from dataops.output.words import plural
from dataops.review.judged import Ruling


def rules(rulings: tuple[Ruling, ...]) -> list[Section]:
    """Broken rules, those that are acknowledged with reason and expiry; of the others only how many."""
    broken_ones = sorted(
        (each for each in rulings if each.broken), key=lambda each: (not each.blocks, bool(each.intended))
    )
    if not rulings:
        return []
    kept = len(rulings) - len(broken_ones)
    blocks: list[Block] = []
    if broken_ones:
        rows = [
            (line(_standing(each)), line(values.name(each.rule)), _where(each), _found(each))
            for each in broken_ones[:MOST]
        ]
        blocks.append(table("Rules on the data that are broken", ("state", "rule", "where", "what was found"), rows))
    if kept:
        blocks.append(Paragraph(line(f"{plural(kept, 'rule')} on the data {'holds' if kept == 1 else 'hold'}.")))
    title = line(f"Rules on the data: {_counts(broken_ones)}") if broken_ones else ()
    return [Section("rules on the data", title, tuple(blocks), weight=7)]


def _counts(rulings: list[Ruling]) -> str:
    blocking = sum(each.blocks for each in rulings)
    meant = sum(each.intended is not None for each in rulings)
    warned = len(rulings) - blocking - meant
    found = ((blocking, "broken"), (warned, "warning" if warned == 1 else "warnings"), (meant, "acknowledged"))
    return ", ".join(f"{number:,} {word}" for number, word in found if number)


def _standing(ruling: Ruling) -> Span:
    if ruling.intended:
        return Span("acknowledged")
    return Span("broken", "strong") if ruling.blocks else Span("warning")


def _where(ruling: Ruling) -> Line:
    model = line(values.name(short(ruling.unique_id)))
    return line(model, ", ", values.name(ruling.column)) if ruling.column else model


def _found(ruling: Ruling) -> Line:
    message = line(values.prose(ruling.message))
    if ruling.intended is None:
        return message
    meant = ruling.intended
    where = values.name(f"{meant.file}:{meant.line}")
    until = f", until {values.message(meant.expires, 40)}" if meant.expires else ""
    return line(message, " – meant: ", values.prose(meant.reason), f"{until} (", where, ")")
