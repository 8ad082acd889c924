"""Where processes beside a rehearsal come from: one that has loaded dbt, which takes seconds, and only forks.

What its children leave open when they are killed is its own to tidy up, and to be silent about.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any


class Nursery:
    """The process. Its children, which are functions of `processes` by name, end with it."""

    def __init__(self) -> None:
        words = [sys.executable, "-c", f"from {__name__} import serve; serve()"]
        path = os.pathsep.join(str(Path(each).resolve()) for each in sys.path if each)
        # dbt's static parser keeps threads, which a fork has not: a child would wait for them for ever.
        surroundings = {**os.environ, "PYTHONPATH": path, "DBT_STATIC_PARSER": "false"}
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            words,
            stdin=pipe,
            stdout=pipe,
            stderr=subprocess.DEVNULL,
            text=True,
            env=surroundings,
            cwd=os.sep,
            start_new_session=True,
        )

    def start(self, name: str, *words: Any) -> int:
        """Let a child do something; its number."""
        return self._ask([name, *words])

    def wait(self, child: int) -> int:
        """How a child ended, as `subprocess` has it."""
        return self._ask(["wait", child])

    def close(self) -> None:
        """End it and its children."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.communicate()

    def _ask(self, words: list[Any]) -> int:
        process = self._process
        if process.stdin is None or process.stdout is None:
            raise AssertionError("both are pipes")
        print(json.dumps(words), file=process.stdin, flush=True)
        return int(process.stdout.readline())


def serve() -> None:
    """What the process does, until its input ends."""
    from dataops.rehearsal import processes

    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    for line in sys.stdin:
        name, *words = json.loads(line)
        if name == "wait":
            answer = os.waitstatus_to_exitcode(os.waitpid(words[0], 0)[1])
        else:
            answer = os.fork()
            if answer == 0:
                try:
                    getattr(processes, name)(*words)
                    os._exit(0)
                finally:
                    os._exit(1)
        print(answer, file=answers, flush=True)
