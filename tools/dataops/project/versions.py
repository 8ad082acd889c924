"""Which dbt is supported, which one is installed, and which others this machine has; asked without importing it."""

from __future__ import annotations

import importlib.metadata
import operator
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
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


Bound = tuple[str, tuple[int, ...]]
"""A comparison, and the version that it is with."""

_BOUND = re.compile(r"(>=|<=|==?|>|<)?\s*v?(\d+(?:\.\d+){0,2})\s*")
_COMPARED: dict[str, Callable[[tuple[int, ...], tuple[int, ...]], bool]] = {
    ">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt, "==": operator.eq,
}  # fmt: skip
_MOST = 60
"""No line of dbt has as many releases."""


@dataclass(frozen=True)
class Requirement:
    """Which dbt a project takes: all of these bounds hold."""

    bounds: tuple[Bound, ...]

    @classmethod
    def of(cls, written: object) -> Requirement:
        """What `require-dbt-version` says. Whatever is no comparison of plain versions says nothing."""
        parts = written if isinstance(written, list) else [written]
        bounds = []
        for part in ",".join(str(each) for each in parts if each).split(","):
            found = _BOUND.fullmatch(part.strip())
            if found:
                numbers = (*map(int, found[2].split(".")), 0, 0)[:3]
                bounds.append(("==" if found[1] in (None, "=") else found[1], numbers))
        return cls(tuple(bounds))

    def takes(self, version: str) -> bool:
        """Whether it takes a version, such as 1.12.0; of a beta the numbers count."""
        numbers = (*map(int, re.findall(r"\d+", version)[:3]), 0, 0)[:3]
        return all(_COMPARED[sign](numbers, bound) for sign, bound in self.bounds)

    def possible(self) -> bool:
        """Whether it takes any version that is supported."""
        both = Requirement((*self.bounds, *_SUPPORTED.bounds))
        lines = range(_SUPPORTED.bounds[0][1][1], _SUPPORTED.bounds[1][1][1])
        return any(both.takes(f"1.{line}.{number}") for line in lines for number in range(_MOST))

    def wanted(self) -> str:
        """As pip understands it, with what is supported: `dbt-core>=1.10,<1.14,>=1.11.0`."""
        return ",".join([SUPPORTED, *(f"{sign}{'.'.join(map(str, bound))}" for sign, bound in self.bounds)])


_SUPPORTED = Requirement.of(SUPPORTED.removeprefix("dbt-core"))
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
