"""`resend`: what commands could not deliver, in its order; runs that were killed are told as aborted."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Protocol

from dataops.errors import RefusedError, SettingsError
from dataops.orchestrate.openlineage import spool
from dataops.orchestrate.openlineage.setting import FILE, Setting
from dataops.project.outcome import counted


class Sender(Protocol):
    """Delivers finished events."""

    def send(self, text: str) -> None:
        """Deliver one, or raise."""


@dataclass
class Resent:
    """What was done. `sent` events; `aborted` runs were given their end; `refused` events the collector will not take.

    `running`: files of commands that go on, which were left alone.
    """

    sent: int = 0
    aborted: int = 0
    refused: int = 0
    running: int = 0

    @property
    def sentence(self) -> str:
        """It in words."""
        told = [f"{counted(self.sent, 'event')} sent" if self.sent else "Nothing was to be sent"]
        if self.aborted:
            told.append(f"{counted(self.aborted, 'run')} that had no end told as aborted")
        if self.refused:
            told.append(f"{counted(self.refused, 'event')} refused for good, kept in {spool.FOLDER / spool.REFUSED}")
        if self.running:
            told.append(f"{counted(self.running, 'command')} still running")
        return "; ".join(told)


def resend(root: Path, told: Setting | None) -> Resent:
    """Deliver what a project's commands left, to where it is `told`. Files of commands that run are left alone.

    Raises:
        RefusedError: the collector does not take them; what it took is not sent again.
        SettingsError: nothing says where to, or OpenLineage's client cannot be used as it is set.
    """
    if told is None:
        raise SettingsError(
            "nothing says where lineage is told", f"set OPENLINEAGE_URL, or `transport:` in {FILE}: docs/openlineage.md"
        )
    from dataops.orchestrate.openlineage.client import Client, reason, will_not

    client = Client(lambda _: None)
    done = Resent()
    try:
        for file in spool.pending(root):
            with spool.taken(file) as mine:
                if not mine:
                    done.running += 1
                    continue
                for each in spool.unfinished(file):
                    spool.append(file, _aborted(each))
                    done.aborted += 1
                _deliver(client, file, done, will_not)
    except _NotTakenError as error:
        left = sum(len(spool.undelivered(each)) for each in spool.pending(root))
        raise RefusedError(
            f"{told.place} does not take lineage: {reason(error.cause)}; {counted(left, 'event')} wait on",
            "send them again once it answers; `dataops doctor` says what is set",
        ) from error.cause
    finally:
        client.close()
    return done


class _NotTakenError(Exception):
    def __init__(self, cause: Exception) -> None:
        super().__init__()
        self.cause = cause


def _deliver(sender: Sender, file: Path, done: Resent, will_not: Callable[[Exception], bool]) -> None:
    left = spool.undelivered(file)
    if not left:
        spool.discard(file)
    for event in left:
        text = json.dumps(event, sort_keys=True)
        try:
            sender.send(text)
            done.sent += 1
        except Exception as error:
            if not will_not(error):
                raise _NotTakenError(error) from error
            spool.refuse(file, text)
            done.refused += 1
        spool.delivered(file)


def _aborted(last: Mapping[str, Any]) -> dict[str, Any]:
    """The end of a run whose process was killed."""
    at = f"{datetime.now(timezone.utc):%Y-%m-%dT%H:%M:%S.%fZ}"
    return {**last, "eventType": "ABORT", "eventTime": at, "inputs": [], "outputs": []}
