"""Splitting two sides into rows that the key identifies and rows that it does not."""

from __future__ import annotations

from dataclasses import replace

from dataops.diff.aggregate import Sides


def split(sides: Sides) -> tuple[Sides, Sides]:
    """The rows that the key identifies on both sides, and the others: a NULL in the key, or a key that occurs twice.

    A key that occurs twice on one side puts the rows of both sides with that key among the others.
    """
    keys = ", ".join(sides.key_names)
    twice = " union ".join(
        f"select {keys} from ({side}) s group by {keys} having count(*) > 1"  # noqa: S608
        for side in (sides.before, sides.after)
    )
    same = " and ".join(f"m.{name} = s.{name}" for name in sides.key_names)
    missing = " or ".join(f"s.{name} is null" for name in sides.key_names)
    shared = f"exists (select 1 from ({twice}) m where {same})"  # noqa: S608

    def rows(side: str, condition: str) -> str:
        return f"select s.* from ({side}) s where {condition}"  # noqa: S608

    identified, others = f"not ({missing}) and not {shared}", f"({missing}) or {shared}"
    return (
        replace(sides, before=rows(sides.before, identified), after=rows(sides.after, identified)),
        replace(sides, before=rows(sides.before, others), after=rows(sides.after, others)),
    )


def repeated(sides: Sides, side: str) -> str:
    """The query for how many rows of one side share their key with another row of it, and how many lack it."""
    keys = ", ".join(sides.key_names)
    missing = " or ".join(f"{name} is null" for name in sides.key_names)
    groups = f"select count(*) as n, max(case when {missing} then 1 else 0 end) as hole from ({side}) s group by {keys}"  # noqa: S608
    return (
        "select coalesce(sum(case when hole = 0 and n > 1 then n end), 0), "  # noqa: S608
        f"coalesce(sum(case when hole = 1 then n end), 0) from ({groups}) g"
    )
