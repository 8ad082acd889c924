"""Broken promises on a page: each with where it was made, and what to do about it."""

from __future__ import annotations

from dataops.contract.breaches import Breach, Kept
from dataops.output.contracts import counts, place, said, summary
from dataops.output.page import values
from dataops.output.page.blocks import MOST, Block, Folded, Paragraph, Section, line, table


def section(kept: Kept) -> list[Section]:
    """Nothing where no promise is broken, unless nobody knows what was promised."""
    if kept.unread:
        blocks: tuple[Block, ...] = (Paragraph(line(values.prose(summary(kept)), ".")),)
        return [Section("contracts", line("Contracts"), blocks, weight=6)]
    if not kept.breaches:
        return []
    listed: list[Block] = []
    groups: dict[str, list[Breach]] = {}
    for each in kept.breaches:
        groups.setdefault(each.kind, []).append(each)
    for kind, found in groups.items():
        rows = [(line(values.name(place(each))), line(values.prose(said(each)))) for each in found[:MOST]]
        head = line(f"{kind[0].upper()}{kind[1:]}. To mend it: ", values.prose(found[0].mend), ".")
        listed += [Paragraph(head), table(f"Broken: {kind}", ("where", "what is broken"), rows, total=len(found))]
    if kept.amendments:
        others = [(line(values.prose(each.message)),) for each in kept.amendments[:MOST]]
        title = line(f"What else differs in contracts, and takes nothing away: {len(kept.amendments):,}")
        listed.append(Folded(title, (table("Other changes", ("what",), others, total=len(kept.amendments)),)))
    listed.append(Paragraph(line(values.prose(summary(kept)), "."), quiet=True))
    title = line(f"Contracts: {counts(kept)}")
    return [Section("contracts", title, tuple(listed), weight=6)]
