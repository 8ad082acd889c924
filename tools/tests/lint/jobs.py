"""What the processes that lint are given to do in tests: functions of a module that imports no dbt."""

from __future__ import annotations

import os
import pickle
import sys
import time

from sqlfluff.core.linter import RenderedFile

from dataops.lint import passes
from dataops.lint.findings import Finding


class StrangeError(Exception):
    """One that no pickle brings back."""

    def __init__(self, one: int, other: int) -> None:
        super().__init__(f"{one} and {other}")


def where(number: int) -> tuple[int, int]:
    """The number, and the process that had it."""
    print("sqlfluff has something to say", file=sys.stdout)
    return number, os.getpid()


def dying(here: int) -> str:
    """End the process, unless it is this one."""
    if os.getpid() != here:
        os._exit(9)
    return "done"


def failing(strange: bool) -> None:
    """Raise an error."""
    raise StrangeError(1, 2) if strange else ValueError("nobody thought of that")


def sleeping() -> None:
    """Be at work for longer than anybody waits."""
    time.sleep(600)


def linted(rendered: RenderedFile) -> tuple[tuple[Finding, ...], bool, int]:
    """What is found in a file, whether dbt was imported for that, and how many bytes were sent."""
    size = len(pickle.dumps(rendered))
    return passes.found(rendered), bool({"dbt", "sqlglot"} & sys.modules.keys()), size
