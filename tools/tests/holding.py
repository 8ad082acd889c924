"""Another process that holds a database."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_HOLD = """
import sys, duckdb
connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "True")
connection.execute("begin")
print("held", flush=True)
sys.stdin.read()
"""


@contextmanager
def held(database: Path, read_only: bool = False) -> Iterator[int]:
    """Another process has `database` open; its process id."""
    with subprocess.Popen(
        [sys.executable, "-c", _HOLD, str(database), str(read_only)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"
        yield process.pid
        process.kill()
