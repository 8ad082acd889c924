"""Holds a command on a leash: runs it in a process group of its own, and ends all of it when nobody wants it any more.

A script of the standard library alone, which whoever wants the command starts, in a session of its own:

    leash.py LOCK GRACE COMMAND...

Standard input is a pipe that the other side keeps open. When it closes, because the other side says so or is no more,
or when a signal asks for it, the group is interrupted and after GRACE seconds killed. The command starts once LOCK, a
file, is held (empty: at once). On Linux the command dies with the leash, and what leaves the group is ended with it.
"""

from __future__ import annotations

import contextlib
import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

STOPPED = 130
_PDEATHSIG, _SUBREAPER = 1, 36
_STOPS = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Leash:
    """One command, from the wait for its lock to the last of its processes."""

    def __init__(self) -> None:
        self._stopped = False
        self._wake, wake = os.pipe()
        os.set_blocking(wake, False)
        os.set_blocking(self._wake, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for each in _STOPS:
            signal.signal(each, self._stop)
        _prctl(_SUBREAPER, 1)

    def run(self, lock: str, grace: float, command: list[str]) -> int:
        """Run the command to its end, or to ours; its exit code."""
        if lock and not self._locked(Path(lock)):
            return STOPPED
        # One thread alone, and nothing but system calls between fork and exec.
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, preexec_fn=_tied) as child:  # noqa: S603, PLW1509
            while child.poll() is None and not self._stopped:
                self._wait(None)
            if child.poll() is None:
                _signal(child.pid, signal.SIGINT)
                until = time.monotonic() + grace
                while child.poll() is None and (left := until - time.monotonic()) > 0:
                    self._wait(left)
            _signal(child.pid, signal.SIGKILL)
            code = child.wait()
            _end_strays()
        return STOPPED if self._stopped else code if code >= 0 else 128 - code

    def _locked(self, lock: Path) -> bool:
        """Wait for the lock, which ends with this process; False if nobody wants to wait any more."""
        lock.parent.mkdir(parents=True, exist_ok=True)
        if lock.parent.name == ".dataops" and not (lock.parent / ".gitignore").exists():
            (lock.parent / ".gitignore").write_text("*\n")
        file = os.open(lock, os.O_RDWR | os.O_CREAT, 0o666)
        told = False
        while not self._stopped:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                if not told:
                    sys.stdout.write(f"waits for another task of this project ({lock})\n")
                    sys.stdout.flush()
                    told = True
                self._wait(0.5)
            else:
                return True
        return False

    def _wait(self, seconds: float | None) -> None:
        """Sleep until something happens, or for so long."""
        watched = [self._wake] if self._stopped else [self._wake, 0]
        ready, _, _ = select.select(watched, [], [], seconds)
        if self._wake in ready:
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 512)
        if 0 in ready and not os.read(0, 512):
            self._stopped = True

    def _stop(self, *_: object) -> None:
        self._stopped = True


def _tied() -> None:
    """In the child: a group of its own, which ends with the leash."""
    os.setpgid(0, 0)
    _prctl(_PDEATHSIG, signal.SIGKILL)
    for each in _STOPS:
        signal.signal(each, signal.default_int_handler if each == signal.SIGINT else signal.SIG_DFL)


def _prctl(option: int, value: int) -> None:
    """Ask Linux; where there is none the group alone has to do."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)


def _signal(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)


def _end_strays() -> None:
    """End what left the group: on Linux its processes have become ours."""
    listed = Path(f"/proc/self/task/{os.getpid()}/children")
    with contextlib.suppress(OSError):
        while strays := listed.read_text().split():
            for each in strays:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(int(each), signal.SIGKILL)
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(int(each), 0)


if __name__ == "__main__":
    sys.exit(Leash().run(sys.argv[1], float(sys.argv[2]), sys.argv[3:]))
