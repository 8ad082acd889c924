"""Sending Elementary's page through Elementary's own clients, without what they would print."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from dataops.errors import DataopsError

SECRETS = {
    "slack_token": "SLACK_TOKEN",
    "slack_webhook": "SLACK_WEBHOOK_URL",
    "azure_connection_string": "AZURE_STORAGE_CONNECTION_STRING",
}
"""Secrets by Elementary's name for each, and the environment variable that holds it. AWS and Google have their own."""

_ALSO_SECRET = ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class ReportError(DataopsError):
    """Elementary could not make its page, or not send it."""


def need_a_place(page: Any) -> None:
    """Refuse to send to nowhere, before the page is made.

    Raises:
        ReportError: no place is set.
    """
    if not (page.config.has_send_report_platform or page.config.slack_webhook):
        raise ReportError(
            "there is no place to send the report to",
            "set report.s3_bucket, gcs_bucket, azure_container or slack_channel in dataops.yml",
        )


def send(page: Any, named: Mapping[str, object], given: Mapping[str, str]) -> None:
    """Send the page; `named` are the arguments that it was made with, `given` the environment's variables.

    Raises:
        ReportError: a place did not take it. What it says holds no secret.
    """
    why = ""
    # A webhook takes no files, and elementary-data 0.26.0 fails where it is told of one.
    summary_alone = bool(page.config.slack_webhook and not page.config.slack_token)
    with said() as lines, warnings.catch_warnings():
        # Slack's library warns whoever posts blocks without a text, as Elementary does.
        warnings.simplefilter("ignore", UserWarning)
        try:
            if page.send_report(**named, disable_html_attachment=summary_alone):
                return
        except DataopsError:
            raise
        except Exception as error:  # noqa: BLE001 - what the clients of four services raise
            why = f"{type(error).__name__}: {error}"
    told = " ".join(f"{why} {' '.join(lines)}".split()) or "no reason was given"
    raise ReportError(
        f"Elementary could not send its page: {_without_secrets(told, given)}",
        "check the place in dataops.yml (report.*), its credentials and the network, then run again",
    ) from None


@contextmanager
def said() -> Iterator[list[str]]:
    """What Elementary logs as errors. It would print them, with the address of a Slack webhook, which is a secret."""
    lines: list[str] = []
    logger = logging.getLogger("elementary")
    handler = _Kept(lines)
    propagate, before = logger.propagate, list(logger.handlers)
    logger.propagate, logger.handlers = False, [handler]
    try:
        yield lines
    finally:
        logger.propagate, logger.handlers = propagate, before


class _Kept(logging.Handler):
    def __init__(self, lines: list[str]) -> None:
        super().__init__(logging.ERROR)
        self._lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self._lines.append(record.getMessage())


def _without_secrets(text: str, given: Mapping[str, str]) -> str:
    """The names of variables where their values would be."""
    for variable in (*SECRETS.values(), *_ALSO_SECRET):
        if given.get(variable):
            text = text.replace(given[variable], f"${variable}")
    return text
