"""Where messages go: mail, chat, pagers and webhooks (the only place that imports apprise). Each destination is an
environment variable that holds an address with its secrets.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Protocol

import apprise
from apprise.attachment.memory import AttachMemory

from dataops.alerts.alert import TIMEOUT, Notice
from dataops.alerts.webhooks import Webhook, parsed
from dataops.errors import SettingsError

_TONES = {
    "bad": apprise.NotifyType.FAILURE,
    "warned": apprise.NotifyType.WARNING,
    "good": apprise.NotifyType.SUCCESS,
    "quiet": apprise.NotifyType.INFO,
}


class Service:
    """Where messages go."""

    def __init__(self, variable: str, url: str) -> None:
        """Read an address of apprise; nothing is sent yet.

        Raises:
            SettingsError: it is no address that apprise knows.
        """
        # A redirect could carry a secret to another host.
        asset = apprise.AppriseAsset(
            app_id="dataops",
            app_desc="dataops",
            app_url="",
            # Pictures on somebody else's server would tell it who reads the alert, and when.
            image_url_mask="",
            image_url_logo="",
            http_redirects=False,
        )
        with _listening():
            plugin = apprise.Apprise.instantiate(url, asset=asset)
        if plugin is None:
            raise SettingsError(
                f"the environment variable {variable} holds no URL that apprise can send to",
                "check its scheme and its parts: docs/alerts.md has examples",
            )
        self.variable = variable
        self._plugin = plugin
        plugin.socket_connect_timeout = min(plugin.socket_connect_timeout, TIMEOUT)
        plugin.socket_read_timeout = min(plugin.socket_read_timeout, TIMEOUT)
        # What is too long for a service goes in pieces, unless the URL says otherwise.
        if "overflow=" not in url:
            plugin.overflow_mode = apprise.OverflowMode.SPLIT

    def send(self, notice: Notice) -> str | None:
        """Send one message. Why it was not taken, None if it was."""
        attached = apprise.AppriseAttachment()
        for each in notice.pictures:
            memory = AttachMemory(content=each.content, name=each.name, mimetype="image/png")  # type: ignore[no-untyped-call]
            attached.add(memory)
        with _listening() as heard:
            try:
                taken = self._plugin.notify(
                    body=notice.body,
                    title=notice.title,
                    notify_type=_TONES[notice.tone],
                    body_format=apprise.NotifyFormat.TEXT,
                    attach=attached if notice.pictures else None,
                )
            except Exception as error:  # noqa: BLE001 - whatever a service's library raises, the others go on
                return type(error).__name__
        return None if taken else _reason(heard)


def _reason(heard: Sequence[str]) -> str:
    """What is safe to say of a failure: a status code, or that nobody answered."""
    codes = [found[1] for each in heard if (found := re.search(r"error=(\d{3})\b", each))]
    if codes:
        return f"it answered {codes[0]}"
    return "no connection to it" if any("onnection" in each for each in heard) else "it was not taken"


@contextmanager
def _listening() -> Iterator[list[str]]:
    """What apprise logs in this thread. It goes nowhere else: it can quote addresses."""
    heard: list[str] = []
    mine = threading.get_ident()

    class Ear(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.thread == mine:
                heard.append(record.getMessage())

    ear = Ear(logging.WARNING)
    logger = logging.getLogger("apprise")
    logger.propagate = False
    logger.addHandler(ear)
    try:
        yield heard
    finally:
        logger.removeHandler(ear)


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
