"""A command in a process of its own: it cannot write into the protocol's stream, and ends when nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_GRACE = 10
"""Seconds in which a command that is interrupted puts things in order."""


@dataclass(frozen=True)
class Ended:
    """The exit code of a command, and what it printed."""

    code: int
    out: str
    err: str


async def run(words: Sequence[str], folder: Path) -> Ended:
    """Run `dataops` with these words. If the caller is cancelled, the command and its own children end first."""
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "dataops", *words,
        cwd=folder,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        out, err = await process.communicate()
    except asyncio.CancelledError:
        await asyncio.shield(_end(process))
        raise
    assert process.returncode is not None  # noqa: S101 - it has ended
    return Ended(process.returncode, out.decode("utf-8", "replace"), err.decode("utf-8", "replace"))


async def _end(process: asyncio.subprocess.Process) -> None:
    """Interrupt a process and its group as Ctrl-C does; kill what is left after a while."""
    for each in (signal.SIGINT, signal.SIGKILL):
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, each)
        with contextlib.suppress(asyncio.TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE)
            return
