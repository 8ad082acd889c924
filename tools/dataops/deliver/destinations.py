"""Where messages go: each destination is an environment variable that holds an address with its secrets."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from dataops.deliver.notice import Notice
from dataops.deliver.services import Service
from dataops.deliver.webhooks import Webhook, parsed
from dataops.errors import SettingsError

PATIENCE = 10.0
"""Seconds after which a destination that took nothing in them is given up until the next time."""


class Destination(Protocol):
    """What takes messages. `variable`: the name of the environment variable that holds its address."""

    variable: str

    def send(self, notice: Notice) -> str | None:
        """Send one message. Why it was not taken, None if it was."""


def destination(variable: str, environment: Mapping[str, str]) -> Destination:
    """Read an address; nothing is sent yet.

    Raises:
        SettingsError: the variable is not set, or holds no address that is known.
    """
    address = environment.get(variable, "").strip()
    if not address:
        raise SettingsError(
            f"the environment variable {variable}, which alert.to names, is not set",
            "put an address into it (docs/alerts.md), or take its name out of dataops.yml",
        )
    laid_out = parsed(address)
    return Webhook(variable, *laid_out) if laid_out else Service(variable, address)


def deliver(to: Destination, notices: Sequence[Notice], taken: Callable[[int], None]) -> tuple[int, str | None]:
    """Send messages in their order: how many were taken, and why the first that was not.

    `taken` is called with the position of each as soon as the destination has it. One that is refused stands in
    nobody's way; a destination that does not answer is given up after a while.
    """
    sent, why, quiet_since = 0, None, time.monotonic()
    for position, notice in enumerate(notices):
        failed = to.send(notice)
        if failed is None:
            taken(position)
            sent, quiet_since = sent + 1, time.monotonic()
            continue
        why = why or failed
        if time.monotonic() - quiet_since > PATIENCE:
            break
    return sent, why
