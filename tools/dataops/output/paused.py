"""What is paused, what that holds, and how it ends."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rich.console import Console
from rich.markup import escape

from dataops.breaker.pauses import Hold, Incident, Pause, Resume
from dataops.plan.plan import short
from dataops.store.record import Unfinished

_SHOWN = ("model", "seed", "snapshot", "exposure")
_MOST = 12


def holds(console: Console, found: Iterable[Hold]) -> None:
    """Each pause: why, since when, by whom, what it holds, how it ends."""
    for each in found:
        pause = each.pause
        name = short(pause.node) if pause.node else "everything"
        console.print(f"[bold yellow]PAUSED[/] {escape(name)}: {escape(pause.reason)}", highlight=False, soft_wrap=True)
        if pause.at:
            console.print(f"  since {minute(pause.at)} by {escape(pause.by)}", highlight=False, soft_wrap=True)
        console.print(f"  holds {escape(_held(each))}", highlight=False, soft_wrap=True)
        for file in each.damaged:
            console.print(f"  [red]damaged record:[/] breaker/{escape(file)}", highlight=False, soft_wrap=True)
        console.print(f"  {escape(_ending(each))}", highlight=False, soft_wrap=True)


def resumed(console: Console, ended: Iterable[Resume]) -> None:
    """That pauses have ended, and the time that monitors leave out."""
    for each in ended:
        window = f"{minute(each.start)} to {minute(each.end)}"
        console.print(f"[bold green]Resumed[/] {escape(short(each.node))}: {escape(each.reason)}", highlight=False)
        console.print(f"  its incident, {window}, is left out of training", highlight=False)


def ended(console: Console, pauses: Iterable[Pause]) -> None:
    """That pauses ended by themselves."""
    for each in pauses:
        console.print(
            f"[bold green]Resumed[/] {escape(short(each.node))}: its check passed {each.resume_after} times in a row",
            highlight=False,
        )


def incidents(console: Console, found: Iterable[Incident]) -> None:
    """Whom the policy wants told of what."""
    told = []
    for each in found:
        about = ", ".join(sorted({short(node) for node in each.nodes}))
        told.append(f"{short(each.check)} ({about})" + (", which pauses it" if each.action == "pause" else ""))
    if told:
        console.print(f"[yellow]ALERT[/] {escape(_few(told))}", highlight=False, soft_wrap=True)


def in_production(console: Console, found: Iterable[Hold]) -> None:
    """What a reviewer is to know of pauses: the change was built and judged, and a release waits."""
    for each in found:
        console.print(f"[bold yellow]PAUSED[/] {escape(in_a_word(each))}", highlight=False, soft_wrap=True)


def in_a_word(each: Hold) -> str:
    """A pause as one sentence."""
    pause = each.pause
    name = short(pause.node) if pause.node else "everything"
    since = f" since {minute(pause.at)}" if pause.at else ""
    return f"{name} is paused in production{since} ({pause.reason}): not released until that ends"


def left_out(console: Console, nodes: Iterable[str], found: Iterable[Hold]) -> None:
    """What a build did not do because it is held, and the pauses."""
    names = [short(uid) for uid in nodes if uid.split(".", 1)[0] in _SHOWN]
    if names:
        console.print(f"[bold yellow]Left out:[/] {escape(_few(names))}", highlight=False, soft_wrap=True)
    holds(console, found)


def hold(each: Hold) -> dict[str, Any]:
    """A pause as JSON."""
    pause = each.pause
    return {
        "node": pause.node or None,
        "id": pause.id,
        "at": pause.at,
        "since": pause.since,
        "by": pause.by,
        "reason": pause.reason,
        "check": pause.check or None,
        "passes": each.passes,
        "resume_after": pause.resume_after or None,
        "holds": list(each.holds),
        "damaged": list(each.damaged),
    }


def _held(each: Hold) -> str:
    if not each.pause.node:
        return "every node of the project"
    names = [
        f"exposure {short(uid)}" if uid.startswith("exposure.") else short(uid)
        for uid in sorted(each.holds, key=lambda uid: (uid != each.pause.node, uid.startswith("exposure."), uid))
        if uid.split(".", 1)[0] in _SHOWN
    ]
    return _few(names) or "nothing: it is no longer in the project"


def _few(names: list[str]) -> str:
    more = f" and {len(names) - _MOST} more" if len(names) > _MOST else ""
    return ", ".join(names[:_MOST]) + more


def _ending(each: Hold) -> str:
    if not each.pause.node:
        return "ends when that file is restored or removed"
    by_hand = f'ends by `dataops resume {short(each.pause.node)} --reason "…"`'
    if not each.pause.resume_after:
        return by_hand
    return f"{by_hand}, or when its check has passed {each.pause.resume_after} times in a row ({each.passes} so far)"


def kept(found: Unfinished) -> str:
    """A release of which something failed, and how to go on with it."""
    builds = f"`dataops retry` builds {found.again:,} of its {found.planned:,} nodes and tests again"
    return f"{found.release}; {builds}, until {minute(found.until)}; `dataops discard` drops it"


def minute(at: str) -> str:
    """A time without what nobody reads."""
    return f"{at[:10]} {at[11:16]} UTC"
