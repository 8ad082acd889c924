"""Readers of a PostgreSQL production that never pause, each a process of its own: what they saw, and how long."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2

SLOW = 0.02
"""Seconds from which on a read is remembered by itself."""

Read = Callable[[Any, random.Random], set[int]]
"""A read of several relations: the editions that they are of."""


@dataclass(frozen=True)
class Seen:
    """What one reader saw. `mixed`: reads of more than one release; `slow`: begin and end of those that took long."""

    kind: str
    reads: int
    errors: tuple[str, ...]
    mixed: int
    editions: int
    slow: tuple[tuple[float, float], ...]


def simple(relations: Sequence[str], width: int = 3) -> Read:
    """One statement, committed by itself."""

    def read(cursor: Any, chance: random.Random) -> set[int]:
        chosen = chance.sample(relations, width)
        cursor.execute(" union all ".join(f"select edition from {each}" for each in chosen))
        return {row[0] for row in cursor.fetchall()}

    return read


def prepared(relations: Sequence[str], width: int = 3) -> Read:
    """Statements that were prepared once."""
    made: list[str] = []

    def read(cursor: Any, chance: random.Random) -> set[int]:
        if not made:
            for number in range(10):
                text = " union all ".join(f"select edition from {each}" for each in chance.sample(relations, width))
                cursor.execute(f"prepare p{number} as {text}")
                made.append(f"p{number}")
        cursor.execute(f"execute {chance.choice(made)}")
        return {row[0] for row in cursor.fetchall()}

    return read


def long(relations: Sequence[str], width: int = 5, pause: float = 0.01) -> Read:
    """A transaction that sees one moment, and takes its time."""

    def read(cursor: Any, chance: random.Random) -> set[int]:
        cursor.execute("begin isolation level repeatable read")
        found = set()
        for each in chance.sample(relations, width):
            cursor.execute(f"select edition from {each}")
            rows = cursor.fetchall()
            found |= {row[0] for row in rows} or {-1}
            time.sleep(pause)
        cursor.execute("commit")
        return found

    return read


@contextmanager
def reading(server: str, folder: Path, kinds: dict[str, Read]) -> Iterator[Callable[[], list[Seen]]]:
    """Readers at work. The function that is given ends them, and tells what they saw."""
    folder.mkdir(parents=True, exist_ok=True)
    stop = folder / "stop"
    stop.unlink(missing_ok=True)
    pids = {kind: _start(server, folder / f"{kind}.json", stop, kind, read) for kind, read in kinds.items()}

    def end() -> list[Seen]:
        stop.touch()
        for pid in pids.values():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)
        return [_seen(folder / f"{kind}.json", kind) for kind in kinds]

    try:
        yield end
    finally:
        stop.touch()
        for pid in pids.values():
            with contextlib.suppress(ChildProcessError):
                os.waitpid(pid, 0)


def _seen(file: Path, kind: str) -> Seen:
    told = json.loads(file.read_text())
    slow = tuple((begin, end) for begin, end in told["slow"])
    return Seen(kind, told["reads"], tuple(told["errors"]), told["mixed"], told["editions"], slow)


def _start(server: str, file: Path, stop: Path, kind: str, read: Read) -> int:
    pid = os.fork()
    if pid:
        return pid
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # who interrupts the whole wants to know what was seen
        chance = random.Random(kind)
        reads, mixed, errors, slow, editions = 0, 0, [], [], set()
        connection = psycopg2.connect(host=server, user="postgres", dbname="postgres")
        connection.autocommit = True
        cursor = connection.cursor()
        while reads % 20 or not stop.exists():
            begin = time.time()
            try:
                found = read(cursor, chance)
                mixed += len(found) != 1
                editions |= found
            except psycopg2.Error as error:
                errors.append(str(error).strip())
                cursor.execute("rollback")
            end = time.time()
            reads += 1
            if end - begin > SLOW:
                slow.append((begin, end))
        told = {"reads": reads, "mixed": mixed, "errors": errors, "slow": slow, "editions": len(editions)}
        file.write_text(json.dumps(told))
    finally:
        os._exit(0)
