"""A command as a child of a task: its log line by line, and an end to all of it whatever becomes of the task."""

from __future__ import annotations

import contextlib
import os
import select
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, cast

_LEASH = Path(__file__).with_name("leash.py")
_LEFT_OUT = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV")
"""What the environment of the orchestrator would let the other one find."""


@dataclass(frozen=True)
class Order:
    """A command to run. `lock`: a file that one command at a time holds, empty for none; `grace`: seconds to end in."""

    command: Sequence[str]
    folder: str
    variables: Mapping[str, str] = field(default_factory=dict)
    lock: str = ""
    grace: float = 5.0


def found(environment: str | None) -> str:
    """The `dataops` of an environment: a virtual environment's folder, or else what is on the PATH.

    Raises:
        FileNotFoundError: there is none.
    """
    if environment:
        place = Path(environment).expanduser() / "bin" / "dataops"
        if not place.exists():
            raise FileNotFoundError(f"there is no {place}: `environment` is the folder of a virtual environment")
        return str(place)
    on_path = shutil.which("dataops")
    if on_path is None:
        raise FileNotFoundError("there is no `dataops` on the PATH: give `environment`, its virtual environment")
    return on_path


def variables(given: Mapping[str, str] | None) -> dict[str, str]:
    """The environment of a command: this one's less what belongs to the orchestrator's Python, and what is given."""
    kept = {name: value for name, value in os.environ.items() if name not in _LEFT_OUT}
    return {**kept, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1", **(given or {})}


class Child:
    """A running command. Used by one task; `stop` can be called from a signal's handler."""

    def __init__(self, order: Order) -> None:
        """Start it.

        Raises:
            OSError: it cannot be started.
        """
        self.stopped = False
        self._grace = order.grace
        self._parent = os.getppid()
        leash = [sys.executable, "-I", str(_LEASH), order.lock, str(order.grace)]
        self._process = subprocess.Popen(  # noqa: S603 - the command is the task's own
            [*leash, *order.command],
            cwd=order.folder,
            env=dict(order.variables),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._in, self._out = cast("IO[bytes]", self._process.stdin), cast("IO[bytes]", self._process.stdout)

    def lines(self) -> Iterator[str]:
        """What it says, line by line, to its end. Stops it when this process has lost its parent."""
        out, rest = self._out.fileno(), b""
        while not self.stopped:
            if os.getppid() != self._parent:
                # The worker that this task is told to by was killed: nobody will hear of its end.
                self.stop()
                return
            if not select.select([out], [], [], 1.0)[0]:
                continue
            read = os.read(out, 65536)
            *whole, rest = (rest + read).split(b"\n")
            yield from (each.decode("utf-8", "replace").rstrip("\r") for each in whole)
            if not read:
                break
        if rest:
            yield rest.decode("utf-8", "replace")

    def wait(self) -> int:
        """Its exit code, once it has ended."""
        return self._process.wait()

    def stop(self) -> None:
        """End it and all that it started."""
        self.stopped = True
        with contextlib.suppress(OSError):
            self._in.close()
        try:
            self._process.wait(self._grace + 2)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        self._out.close()
