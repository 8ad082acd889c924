"""What stands in the way of a change: readers that break, tests that fail, rules, pauses, lint."""

from __future__ import annotations

from dataops.diff.difference import OffendingRows
from dataops.output.page import values
from dataops.output.page.blocks import (
    MOST,
    Block,
    Folded,
    Items,
    Line,
    Paragraph,
    Section,
    Span,
    Table,
    Verbatim,
    items,
    joined,
    line,
    table,
)
from dataops.output.paused import in_a_word
from dataops.output.words import broken, counted, findings, plural, unread
from dataops.plan.plan import EMPTY, Plan, kind_of, short
from dataops.project import statuses
from dataops.project.difference import Break
from dataops.project.outcome import NodeResult, Outcome
from dataops.review.verdict import Review, Ruling

_COLUMNS = 12
"""Columns of offending rows that are shown."""

_WHOLE = 20
"""Failures whose rows and messages are shown."""

_LINES = 40


def breaking(plan: Plan) -> list[Section]:
    """Readers of columns that are gone or retyped, and versions that changed."""
    blocks: list[Block] = []
    if plan.broken:
        blocks.append(_readers(plan.broken))
    if plan.doubtful:
        if plan.broken:
            blocks.append(Paragraph(line(f"May break {plural(len(plan.doubtful), 'reader')}:")))
        blocks.append(_readers(plan.doubtful))
    if plan.unread:
        blocks.append(Paragraph(line(values.prose(unread(plan)))))
    if plan.toolchain:
        blocks.append(Paragraph(line("Toolchain changed: ", values.message(", ".join(plan.toolchain)))))
    return [Section("what breaks", _title(plan), tuple(blocks), weight=9)] if blocks else []


def _title(plan: Plan) -> Line:
    if plan.broken:
        return line(f"Breaks {plural(len(plan.broken), 'reader')}")
    return line(f"May break {plural(len(plan.doubtful), 'reader')}") if plan.doubtful else ()


def _readers(found: tuple[Break, ...]) -> Items:
    some = [line(values.prose(broken(each))) for each in found[:MOST]]
    return Items(tuple(some), max(0, len(found) - MOST))


def failures(review: Review) -> list[Section]:
    """What failed, with the rows that make it fail, and what was not reached."""
    blocks = _gaps(review)
    outcome = review.built.outcome if review.built else Outcome((), 0.0)
    rows = {each.unique_id: each for each in review.offending}
    if outcome.failed:
        blocks.append(_results("Tests and nodes that failed", outcome.failed))
        for each in outcome.failed[:_WHOLE]:
            blocks += _whole(each, rows.get(each.unique_id))
    skipped = [each.unique_id for each in outcome.results if each.status in statuses.SKIPPED]
    if skipped:
        blocks.append(Paragraph(_not_reached(skipped)))
    return [Section("what failed", line("What failed"), tuple(blocks), weight=8)] if blocks else []


def _gaps(review: Review) -> list[Block]:
    """The nodes of which plan and results do not agree, and files that dbt does nothing for."""
    found = [*review.account.gaps, *((uid, EMPTY) for uid in review.plan.empty)]
    rows = [(line(values.name(short(uid))), line(values.prose(why))) for uid, why in found[:MOST]]
    return [table("Not as planned", ("node", "what is wrong"), rows, total=len(found))] if rows else []


def warnings(review: Review) -> list[Section]:
    """Tests that warned, with the rows that they found."""
    warned = review.built.outcome.warned if review.built else ()
    if not warned:
        return []
    rows = {each.unique_id: each for each in review.offending}
    blocks: list[Block] = [_results("Tests that warned", warned)]
    for each in warned[:_WHOLE]:
        blocks += _whole(each, rows.get(each.unique_id))
    return [Section("warnings", line("Warnings"), tuple(blocks), weight=4)]


def _results(caption: str, results: tuple[NodeResult, ...]) -> Table:
    rows = [
        (
            line(values.name(short(each.unique_id))),
            line(values.visible(each.status)),
            line(values.prose(each.message.split("\n")[0])),
            line(values.name(each.file)),
        )
        for each in results[:MOST]
    ]
    return table(caption, ("node", "result", "message", "file"), rows, total=len(results))


def _whole(result: NodeResult, rows: OffendingRows | None) -> list[Block]:
    """The rows that fail a test, and a message of many lines as it stands, such as a unit test's."""
    blocks: list[Block] = [offending(rows)] if rows else []
    if "\n" in result.message.strip():
        lines = result.message.splitlines()
        rest = [f"… {len(lines) - _LINES:,} more lines"] if len(lines) > _LINES else []
        blocks.append(
            Verbatim("\n".join([*(values.visible(each[:200].expandtabs(4)) for each in lines[:_LINES]), *rest]))
        )
    if not blocks:
        return []
    found = f": {told(rows)}" if rows else ""
    return [Folded(line(values.name(short(result.unique_id)), found), tuple(blocks), detail=True, open=True)]


def told(found: OffendingRows) -> str:
    """`3 of 7 rows that it found`."""
    shown, more = len(found.rows), len(found.columns) - _COLUMNS
    few = f"{shown:,} of {plural(found.total, 'row')}" if shown < found.total else plural(shown, "row")
    return f"{few} that it found" + (f"; {more:,} more columns" if more > 0 else "")


def offending(found: OffendingRows) -> Table:
    """The rows that make a test fail, as far as they are known."""
    heads = tuple(values.name(column).text for column in found.columns[:_COLUMNS])
    rows = [tuple(line(values.value(each)) for each in row[:_COLUMNS]) for row in found.rows]
    return table(f"{values.message(short(found.unique_id), 120)}: {told(found)}", heads, rows)


def _not_reached(skipped: list[str]) -> Line:
    nodes = [line(values.name(short(uid))) for uid in skipped if kind_of(uid) not in ("test", "unit_test")]
    named = line(" (", joined(nodes[:_WHOLE]), ", …)" if len(nodes) > _WHOLE else ")") if nodes else ()
    return line(f"Not reached because of that: {counted(skipped)}", named)


def lint(review: Review) -> list[Section]:
    """Lint's findings, and files that it could not read."""
    linted = review.linted
    blocks: list[Block] = []
    if linted.findings:
        rows = [
            (
                line(values.name(f"{each.file}:{each.line}")),
                line(values.message(each.rule + (" (warning)" if each.warning else ""))),
                line(values.prose(each.message)),
            )
            for each in linted.findings[:MOST]
        ]
        blocks.append(table("Lint findings", ("where", "rule", "message"), rows, total=len(linted.findings)))
    if linted.skipped:
        blocks.append(
            items([line("Not linted: ", values.name(file), ": ", values.prose(why)) for file, why in linted.skipped])
        )
    title = line(f"Lint: {findings(linted)}") if linted.findings else ()
    return [Section("lint", title, tuple(blocks), weight=5)] if blocks else []


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


def paused(review: Review) -> list[Section]:
    """Each pause that holds something of what was built."""
    if not review.paused:
        return []
    said = [line(values.prose(in_a_word(each))) for each in review.paused]
    return [Section("what is paused", line("Paused in production"), (items(said),), weight=7)]
