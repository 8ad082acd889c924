"""What became of contracts: on a terminal and as JSON."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.markup import escape

from dataops.contract.breaches import VERSION, Breach, Kept
from dataops.contract.writing import Inferred
from dataops.output.words import plural
from dataops.sheets.files import File


def place(breach: Breach) -> str:
    """`models/marts/orders.yml:3`, as editors open it."""
    return f"{breach.file}:{breach.line}" if breach.line else breach.file


def said(breach: Breach) -> str:
    """What is broken, and what the branch says of it."""
    return breach.message + (f" ({breach.intended})" if breach.intended else "")


def summary(kept: Kept) -> str:
    """What was looked at and what was found, in one line; empty where there was nothing to look at."""
    if kept.unread:
        return f"What was promised is not known: {kept.against} cannot be read"
    if not kept.contracts and not kept.public:
        return ""
    words = [counts(kept)]
    words += [f"{plural(len(kept.amendments), 'change')} that {_takes(kept)} nothing away"] if kept.amendments else []
    public = [f"{plural(kept.public, 'public model')} searched for personal columns"] if kept.public else []
    of = f"{plural(kept.contracts, 'contract')} of {kept.against}: " if kept.contracts else ""
    return "; ".join([*([of + ", ".join(words)] if of or kept.breaches else []), *public])


def counts(kept: Kept) -> str:
    """How many promises are broken, and how many breaches are meant."""
    meant = len(kept.breaches) - len(kept.failures)
    words = f"{plural(len(kept.failures), 'broken promise')}" if kept.failures else "no promise broken"
    return words + (f", {meant:,} meant" if meant else "")


def _takes(kept: Kept) -> str:
    return "takes" if len(kept.amendments) == 1 else "take"


def kept(console: Console, kept: Kept, amendments: bool = False) -> None:
    """Each broken promise, with what to do about it; then what else differs, if asked for; the totals last."""
    for each in kept.breaches:
        style, word = ("yellow", "meant") if each.intended else ("red", "error")
        console.print(f"[{style}]{word}[/] [bold]{each.kind}[/]: {escape(said(each))}", highlight=False, soft_wrap=True)
        console.print(f"    {escape(place(each))}", highlight=False, soft_wrap=True)
        if not each.intended:
            console.print(f"    [dim]→ {escape(each.mend)}[/]", highlight=False, soft_wrap=True)
    for other in kept.amendments if amendments else ():
        console.print(f"[dim]{escape(other.message)}[/]", highlight=False, soft_wrap=True)
    if words := summary(kept):
        console.print(escape(words), highlight=False, soft_wrap=True)


def inferred(console: Console, found: Inferred) -> None:
    """What a contract rests on, and what is seen and not written."""
    name = found.unique_id.split(".", 2)[2]
    console.print(f"{escape(name)}: {plural(found.rows, 'row')} of production", highlight=False)
    for each in found.notes:
        console.print(f"    [yellow]{escape(each)}[/]", highlight=False, soft_wrap=True)


def difference(console: Console, files: Iterable[File]) -> None:
    """What would be written, as a unified diff."""
    for each in files:
        before = "/dev/null" if each.before is None else f"a/{each.path.as_posix()}"
        now, then = (side.decode("utf-8").splitlines() for side in (each.before or b"", each.after))
        for line in difflib.unified_diff(now, then, before, f"b/{each.path.as_posix()}", lineterm=""):
            style = {"+": "green", "-": "red"}.get(line[:1])
            console.print(line, style=style, markup=False, highlight=False, soft_wrap=True)


def document(kept: Kept) -> dict[str, Any]:
    """As in `schemas/contract.json`."""
    return {
        "version": VERSION,
        "contracts": kept.contracts,
        "public": kept.public,
        "against": kept.against,
        "unread": kept.unread,
        "breaches": [{**asdict(each), "mend": each.mend} for each in kept.breaches],
        "amendments": [asdict(each) for each in kept.amendments],
    }
