"""Invocations as tests need them, and processes that record many at once.

python -m tests.history.made FOLDER COUNT    records so many invocations at once, each in a process of its own
"""

from __future__ import annotations

import os
import sys
import traceback
from datetime import datetime, timedelta
from pathlib import Path

from dataops.history import journals
from dataops.history.journals import Journal
from dataops.history.records import Invocation, Record, Result
from dataops.store.location import Location

START = datetime(2026, 3, 1, 12)
NODES = 5


def records(identity: str, started: datetime = START, nodes: int = NODES) -> list[Record]:
    invocation = Invocation(identity, "build", "success", "dataops", started, started + timedelta(seconds=9), 9.0)
    results = [Result(identity, f"model.shop.m{each}", f"m{each}", "model", "success") for each in range(nodes)]
    return [invocation, *results]


def write(state: str, root: Path, identity: str, started: datetime = START, nodes: int = NODES) -> None:
    """Record as a run does: a journal, then a file."""
    journal = Journal(root / ".dataops" / "journal", identity)
    for each in records(identity, started, nodes):
        journal.add(each)
    journals.finish(Location(state), journal)


def _all_at_once(root: Path, count: int) -> int:
    """How many of the processes failed."""
    children = []
    for number in range(count):
        child = os.fork()
        if not child:
            try:
                write(str(root / "state"), root, f"run-{number}", START + timedelta(seconds=number))
                os._exit(0)
            except BaseException:  # noqa: BLE001 - a child must not go on as its parent
                traceback.print_exc()
                os._exit(1)
        children.append(child)
    return sum(os.waitpid(child, 0)[1] != 0 for child in children)


if __name__ == "__main__":
    sys.exit(_all_at_once(Path(sys.argv[1]), int(sys.argv[2])))
