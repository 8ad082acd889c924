"""The plan: what changed and why, what runs, what is left alone, which exposures that reaches."""

from __future__ import annotations

from dataops.changes.plan import Plan, called
from dataops.output.page import values
from dataops.output.page.blocks import MOST, Block, Folded, Line, Paragraph, Section, joined, line, table
from dataops.output.words import built_nodes, counted, left_alone, reason

_NAMED = 40


def sections(plan: Plan) -> list[Section]:
    """All of it, in the order of a reader's questions."""
    found = [
        Section("what changed", line("What changed") if plan.changes else (), tuple(_changes(plan)), weight=3),
        Section("what runs and what is left alone", (), tuple(_decisions(plan)), weight=1),
        Section("exposures", (), tuple(_exposures(plan)), weight=4),
    ]
    return [section for section in found if section.blocks]


def _changes(plan: Plan) -> list[Block]:
    blocks: list[Block] = []
    if plan.changes:
        names = called(each.unique_id for each in plan.changes)
        rows = [
            (
                line(values.name(names[each.unique_id])),
                line("cosmetic" if each.cosmetic else each.kind),
                line(values.prose(reason(each))),
                line(values.name(each.file)),
            )
            for each in plan.changes[:MOST]
        ]
        blocks.append(table("Nodes that changed", ("node", "change", "why", "file"), rows, total=len(plan.changes)))
    left = [each.relation for each in plan.removed if each.relation]
    if left:
        blocks.append(
            Paragraph(
                line(
                    "No longer built. These relations stay in production, unrefreshed, until someone drops them: ",
                    _names(left),
                )
            )
        )
    return blocks


def _decisions(plan: Plan) -> list[Block]:
    blocks: list[Block] = []
    nodes = built_nodes(plan.run)
    if nodes:
        names = called(each.unique_id for each in nodes)
        rows = [(line(values.name(names[each.unique_id])), line(values.prose(each.why))) for each in nodes[:MOST]]
        title = line(f"What runs: {counted(each.unique_id for each in plan.run)}")
        blocks.append(Folded(title, (table("What runs", ("node", "why"), rows, total=len(nodes)),)))
    if plan.skipped:
        every = left_alone(plan)
        groups = [(line(values.prose(who)), line(values.prose(why))) for who, why in every[:MOST]]
        title = line(f"Left alone: {counted(each.unique_id for each in plan.skipped)}")
        blocks.append(Folded(title, (table("Left alone", ("what", "why"), groups, total=len(every)),)))
    return blocks


def _exposures(plan: Plan) -> list[Block]:
    blocks: list[Block] = []
    if plan.exposures:
        blocks.append(Paragraph(line("Exposures affected: ", _names(list(plan.exposures)))))
    if plan.full_parse:
        blocks.append(Paragraph(line("dbt read every file anew: ", values.prose(plan.full_parse))))
    return blocks


def _names(names: list[str]) -> Line:
    shown = joined([line(values.name(name)) for name in names[:_NAMED]])
    return line(shown, f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")
