"""Which dbt is supported, which one is installed, and which others this machine has; asked without importing it."""

from __future__ import annotations

import importlib.metadata
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

SUPPORTED = "dbt-core>=1.10,<1.14"
"""What pyproject.toml asks for, both `dbt_project.yml` allow and each message names; a test holds them together."""


@cache
def installed() -> tuple[int, int]:
    """The installed dbt-core, as (1, 12)."""
    major, minor = re.findall(r"\d+", importlib.metadata.version("dbt-core"))[:2]
    return int(major), int(minor)


_NAMES = ("dbt", "dbtf")
_TOLD = re.compile(r"^dbt\S*\s+(2\.\S+)", re.MULTILINE)
_SECONDS = 20


@dataclass(frozen=True)
class Found:
    """A program and its version, as it tells it."""

    version: str
    path: Path


def dbt2() -> Found | None:
    """The dbt 2 that a user's shell finds, if there is one."""
    for path in _programs():
        try:
            told = subprocess.run(  # noqa: S603 - what the user's own shell would start
                [path, "--version"], capture_output=True, text=True, timeout=_SECONDS, check=False
            ).stdout
        except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
            continue
        version = _TOLD.search(told)
        if version:
            return Found(version[1], path)
    return None


def _programs() -> Iterator[Path]:
    """Every dbt on PATH but the one beside the Python that runs this, which is dbt 1."""
    own = Path(sys.prefix).resolve()
    for folder in os.environ.get("PATH", "").split(os.pathsep):
        for name in _NAMES:
            path = Path(folder or ".", name)
            if os.access(path, os.X_OK) and path.is_file() and not path.resolve().is_relative_to(own):
                yield path
