"""Broken conventions on a page: by rule, each with its reason and how to mend it."""

from __future__ import annotations

from dataops.check.findings import Checked
from dataops.output.conventions import by_rule, place, summary
from dataops.output.page import values
from dataops.output.page.blocks import MOST, Block, Paragraph, Section, line, table
from dataops.output.words import plural


def section(checked: Checked) -> list[Section]:
    """Nothing where nothing was found."""
    if not checked.findings:
        return []
    blocks: list[Block] = []
    for first, found in by_rule(checked.findings):
        severity = " (warning)" if first.severity == "warn" else ""
        head = line(
            values.name(first.rule),
            f"{severity}: ",
            values.prose(first.why),
            " To mend it: ",
            values.prose(first.mend),
            ".",
        )
        rows = [(line(values.name(place(each))), line(values.prose(each.message))) for each in found[:MOST]]
        blocks += [
            Paragraph(head),
            table(f"Findings of {values.message(first.rule)}", ("where", "what was found"), rows, total=len(found)),
        ]
    blocks.append(Paragraph(line(values.prose(summary(checked)), "."), quiet=True))
    return [
        Section(
            "conventions", line(f"Conventions: {plural(len(checked.findings), 'finding')}"), tuple(blocks), weight=5
        )
    ]
