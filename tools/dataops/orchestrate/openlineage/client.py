"""OpenLineage's own client: what it is set to, what it adds to an event, and how that reaches a collector.

The only module here that imports the library, and itself imported only where lineage is told.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, cast

from openlineage.client import OpenLineageClient
from openlineage.client.event_v2 import InputDataset, Job, OutputDataset, Run, RunEvent, RunState
from openlineage.client.serde import Serde
from openlineage.client.transport.console import ConsoleTransport
from openlineage.client.transport.noop import NoopTransport

from dataops.errors import SettingsError

if TYPE_CHECKING:
    from openlineage.client.transport import Transport

_WILL_NOT = frozenset({400, 405, 406, 410, 411, 413, 414, 415, 422, 501})
"""What a collector answers to an event that it will not take the next time either."""

_SENDING: ContextVar[bool] = ContextVar("_SENDING", default=False)


class _Quiet(logging.Filter):
    """Of attempts to send that fail nobody is told one by one: who sends says what came of them."""

    def filter(self, _: logging.LogRecord) -> bool:
        return not _SENDING.get()


logging.getLogger("urllib3.connectionpool").addFilter(_Quiet())


class _Kept:
    """A transport that hands the finished event on as text, instead of sending it."""

    kind = "dataops"

    def __init__(self, keep: Callable[[str], None]) -> None:
        self._keep = keep

    def emit(self, event: Any) -> None:
        """Keep it."""
        self._keep(Serde.to_json(event))


class Client:
    """The client as it is set. Events are finished by it, kept by `keep`, and sent by `send`, in whatever process."""

    def __init__(self, keep: Callable[[str], None]) -> None:
        """Read its settings; nothing is sent yet.

        Raises:
            SettingsError: they cannot be used as they are.
        """
        try:
            with _aliases_undone():
                self._client = OpenLineageClient()
        except Exception as error:
            # The library's errors quote the address, and with it what may be a password.
            raise SettingsError(
                f"OpenLineage's client cannot be used as it is set ({type(error).__name__})",
                "check OPENLINEAGE_URL, openlineage.yml and OPENLINEAGE__TRANSPORT__…: docs/openlineage.md",
            ) from error
        self._transport = self._client.transport
        if isinstance(self._transport, ConsoleTransport | NoopTransport) and not (self._client.config.transport or {}):
            raise SettingsError(
                "OpenLineage's client is set to no transport", "set OPENLINEAGE_URL, or `transport:` in openlineage.yml"
            )
        self._client.transport = cast("Transport", _Kept(keep))

    def emit(self, event: Mapping[str, Any]) -> None:
        """Finish an event: what the client's settings add to it is added, and what they leave out is left out."""
        self._client.emit(_event(event))

    def send(self, text: str) -> None:
        """Deliver a finished event.

        Raises:
            Exception: whatever the transport raises; `will_not` tells whether to try again.
        """
        before = _SENDING.set(True)
        try:
            self._transport.emit(_event(json.loads(text)))
        finally:
            _SENDING.reset(before)

    def close(self) -> None:
        """Let go of its connection."""
        self._transport.close(timeout=0.1)


def will_not(error: Exception) -> bool:
    """Whether a collector answered that it will not take this event, ever."""
    return _status(error) in _WILL_NOT


def reason(error: Exception) -> str:
    """Why an event was not delivered, without an address: that may hold a password."""
    status = _status(error)
    if status is not None:
        return f"it answers {status}"
    said = type(error).__name__
    return {"RetryError": "it answers with errors", "ConnectionError": "it cannot be reached"}.get(
        said, "it does not answer in time" if "Timeout" in said else said
    )


def _status(error: Exception) -> int | None:
    status = getattr(getattr(error, "response", None), "status_code", None)
    return status if isinstance(status, int) else None


def _event(told: Mapping[str, Any]) -> RunEvent:
    """An event of the library's from its JSON; facets stay what they are."""
    run, job = told["run"], told["job"]
    return RunEvent(
        eventTime=told["eventTime"],
        eventType=RunState(told["eventType"]),
        producer=told["producer"],
        run=Run(runId=run["runId"], facets=dict(run.get("facets", {}))),
        job=Job(namespace=job["namespace"], name=job["name"], facets=dict(job.get("facets", {}))),
        inputs=[InputDataset(**each) for each in told.get("inputs", ())],
        outputs=[OutputDataset(**each) for each in told.get("outputs", ())],
    )


@contextmanager
def _aliases_undone() -> Iterator[None]:
    """The client writes OPENLINEAGE_URL, with its key, under other names into the environment of all that we start."""
    before = {name for name in os.environ if name.startswith("OPENLINEAGE__")}
    try:
        yield
    finally:
        for each in [each for each in os.environ if each.startswith("OPENLINEAGE__") and each not in before]:
            del os.environ[each]
