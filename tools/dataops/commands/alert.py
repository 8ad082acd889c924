"""The command line's part on alerts: prepare, send or show, say what became of it."""

from __future__ import annotations

from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.console import Console

from dataops.commands.options import PLACE, options, settings_of
from dataops.errors import FAILED

if TYPE_CHECKING:
    from dataops.alerts.send import Outcome, Prepared
    from dataops.alerts.wording import Text


@click.command()
@options(PLACE)
@click.option("--dry-run", is_flag=True, help="Print what would be sent; send nothing, note nothing.")
@click.pass_obj
def alert(console: Console, /, project_dir: Path, target: str | None, dry_run: bool) -> int:
    """Tell of production's problems: those that are new since the last alert, and those that are over.

    `alert.to` in dataops.yml names the environment variables that hold the addresses, as apprise URLs.

    \b
    Example:
      dataops alert --dry-run
    """
    from dataops.alerts import send
    from dataops.output.words import plural

    root, settings = settings_of(project_dir)
    prepared = send.prepare(root, settings, target, datetime.now(timezone.utc))
    for each in prepared.damaged:
        _say(console, f"Left out, as it cannot be read: {each}")
    count = plural(len(prepared.production.concerns), "problem")
    if not any(prepared.parcels.values()):
        _say(console, f"Nothing new: {count}" + (", all told before" if prepared.production.concerns else ""))
    if dry_run:
        _show(console, prepared)
        return 0
    outcomes, errors = send.send(prepared, settings)
    for outcome in outcomes:
        _report(console, outcome)
    if errors:
        # The others have theirs; the exit code is that of settings.
        for error in errors[1:]:
            _say(console, f"{error.message}: {error.remedy}")
        raise errors[0]
    return FAILED if any(outcome.kept for outcome in outcomes) else 0


def _show(console: Console, prepared: Prepared) -> None:
    readers: dict[Text, list[str]] = {}
    for name, parcels in prepared.parcels.items():
        for parcel in parcels:
            readers.setdefault(parcel.text, []).append(name)
    for text, names in readers.items():
        _say(console, f"To {', '.join(names)}: {text.title}\n")
        _say(console, "\n".join(f"  {line}".rstrip() for line in text.body.splitlines()))
        for chart in text.charts:
            _say(console, f"  [{chart.name}.png]")
        _say(console, "")


def _report(console: Console, outcome: Outcome) -> None:
    from dataops.output.words import plural

    if outcome.sent:
        _say(console, f"{outcome.destination}: {plural(outcome.sent, 'message')} sent")
    if outcome.kept:
        _say(console, f"{outcome.destination}: {plural(outcome.kept, 'message')} kept for the next time: {outcome.why}")


def _say(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
