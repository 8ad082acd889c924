"""A page as Markdown that fits a comment: whole sections and rows go, the least important first, and are counted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dataops.check.findings import Checked
from dataops.diff.difference import Diff
from dataops.output import escaping
from dataops.output.page import whole
from dataops.output.page.blocks import Block, Folded, Items, Page, Paragraph, Section, Table, Verbatim
from dataops.plan.plan import Plan
from dataops.review.verdict import Review

LIMIT = 64_000
"""Longest page in characters and in bytes; GitHub refuses comments of more than 65,536 characters."""


@dataclass(frozen=True)
class Room:
    """How much of a section is written: rows of a table, items of a list, lines as they stand, folded details."""

    rows: int
    items: int
    details: int


_ROOMS = (Room(40, 40, 30), Room(20, 20, 12), Room(10, 10, 5), Room(5, 5, 2), Room(3, 3, 0))
_ICONS = {True: "✅ ", False: "❌ ", None: ""}


def review(review: Review) -> str:
    """The whole review, verdict first."""
    return page(whole.review(review))


def plan(plan: Plan) -> str:
    """The plan alone."""
    return page(whole.plan(plan))


def checked(checked: Checked) -> str:
    """The conventions alone."""
    return page(whole.checked(checked))


def diff(diff: Diff) -> str:
    """One difference alone."""
    return page(whole.diff(diff))


def diffs(diffs: tuple[Diff, ...]) -> str:
    """Several differences, at least one."""
    return page(whole.diffs(diffs))


def page(page: Page, limit: int = LIMIT) -> str:
    """A page of at most `limit` bytes. Each section is given room by its weight."""
    top = "\n\n".join(
        [f"## {_ICONS[page.good]}{escaping.text(page.title)}", *(escaping.line(each) for each in page.summary)]
    )
    written = [_section(each, _ROOMS[0], page) for each in page.sections]
    excess = _size(top) + sum(_size(each) + 2 for each in written) + 1 - limit
    if excess > 0:
        for index, text in _shorter(page):
            excess += _size(text) - _size(written[index])
            written[index] = text
            if excess <= 0:
                break
        _fill(page, written, -excess)
    return "\n\n".join([top, *(each for each in written if each)]) + "\n"


def _shorter(page: Page) -> Iterator[tuple[int, str]]:
    """Sections in ever less room, the lightest first; in the end all that is left of one is that it was there."""
    by_weight = sorted(range(len(page.sections)), key=lambda index: page.sections[index].weight)
    for room in _ROOMS[1:]:
        for index in by_weight:
            yield index, _section(page.sections[index], room, page)
    for index in by_weight:
        yield index, f"Left out here, all in `{page.all_in}`: {page.sections[index].name}."


def _fill(page: Page, written: list[str], free: int) -> None:
    """Give what is free to the sections that lost the most for its sake, the heaviest first."""
    for index in sorted(range(len(page.sections)), key=lambda index: -page.sections[index].weight):
        for room in _ROOMS:
            text = _section(page.sections[index], room, page)
            more = _size(text) - _size(written[index])
            if 0 < more <= free:
                free -= more
                written[index] = text
                break


def _size(text: str) -> int:
    return len(text.encode())


def _section(section: Section, room: Room, page: Page) -> str:
    parts = [f"### {escaping.line(section.title)}"] if section.title else []
    details = [block for block in section.blocks if isinstance(block, Folded) and block.detail]
    dropped = {id(block) for block in details[room.details :]}
    parts += [_block(block, room, page) for block in section.blocks if id(block) not in dropped]
    if dropped:
        parts.append(f"… and {len(dropped):,} more to unfold, all in `{page.more_in}`")
    return "\n\n".join(parts)


def _block(block: Block, room: Room, page: Page) -> str:
    if isinstance(block, Paragraph):
        written = escaping.line(block.line)
        return f"<sub>{written}</sub>" if block.quiet else written
    if isinstance(block, Items):
        lines = [f"- {escaping.line(each)}" for each in block.lines[: room.items]]
        rest = _rest(len(block.lines) - room.items, block.more, page)
        return "\n".join(lines + ([f"- {rest}"] if rest else []))
    if isinstance(block, Table):
        return _table(block, room, page)
    if isinstance(block, Verbatim):
        lines = block.text.split("\n")
        more = [f"… {len(lines) - room.rows:,} more lines"] if len(lines) > room.rows + 1 else lines[room.rows :]
        return escaping.fence("\n".join(lines[: room.rows] + more))
    inner = "\n\n".join(_block(each, room, page) for each in block.blocks)
    start = "<details open>" if block.open else "<details>"
    return f"{start}<summary>{escaping.inside_html(block.title)}</summary>\n\n{inner}\n\n</details>"


def _table(table: Table, room: Room, page: Page) -> str:
    rule = "|".join(" ---: " if index in table.right else " --- " for index in range(len(table.heads)))
    lines = ["| " + " | ".join(escaping.text(head) for head in table.heads) + " |", f"|{rule}|"]
    lines += ["| " + " | ".join(escaping.line(cell) for cell in row) + " |" for row in table.rows[: room.rows]]
    rest = _rest(len(table.rows) - room.rows, table.more, page)
    caption = f"**{escaping.text(table.caption)}**\n\n" if table.captioned else ""
    return caption + "\n".join(lines) + (f"\n\n{rest}" if rest else "")


def _rest(here: int, nowhere: int, page: Page) -> str:
    """How many are left out, and where they are: `here` are in the long version, `nowhere` only in the JSON."""
    left = max(0, here) + nowhere
    return f"… and {left:,} more, all in `{page.all_in if nowhere else page.more_in}`" if left else ""
