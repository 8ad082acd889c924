"""How the rows of a seed differ between two versions of its file."""

from __future__ import annotations

from dataclasses import replace

from dataops.project.fingerprint import Inputs
from dataops.sql.difference import SAME, Difference


def difference(before: Inputs, after: Inputs, in_capitals: bool) -> Difference | None:
    """How they differ, where both files can be read as tables with the same header; None elsewhere.

    `in_capitals`: the warehouse writes names that are not quoted so; others as they are, or in small letters.
    """
    (count, *old), (number, *new) = before.written.split("\n"), after.written.split("\n")
    if before.layout and before.layout == after.layout:
        if before.written == after.written and count.endswith("plain"):
            return replace(SAME, why="only quotes or ends of lines differ")
        return replace(SAME, resorted=True, why="only the order of its rows differs")
    count, number = count.removesuffix(" plain"), number.removesuffix(" plain")
    names = [each.rsplit(":", 1)[0] for each in old]
    if not before.written or count != number or names != [each.rsplit(":", 1)[0] for each in new]:
        return None
    changed = [name for name, one, other in zip(names, old, new, strict=True) if one != other]
    # A name that the warehouse does not have harms nothing.
    spelled = [*changed, *map(str.lower, changed), *(map(str.upper, changed) if in_capitals else ())]
    shown = ", ".join(changed[:3]) + (f" and {len(changed) - 3} more" if len(changed) > 3 else "")
    return (
        Difference(cosmetic=False, rows=False, changed=tuple(dict.fromkeys(spelled)), why=f"in {shown}")
        if changed
        else None
    )
