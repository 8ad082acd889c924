"""`.env`: variables of the environment from a file, as dbt takes them from 1.12 on.

dbt looks for the file in the working directory and above it, when it is imported and whenever it is run, and never
overrides what is set already.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

from dataops.environment import git
from dataops.project import versions
from dataops.project.dependencies import environment
from dataops.project.fingerprint import Fingerprints
from dataops.project.surroundings import UNKNOWN

NAME = ".env"


def load() -> None:
    """Take the file's variables now: where something is decided before dbt is imported, or without it."""
    if _read():
        from dotenv import find_dotenv, load_dotenv

        load_dotenv(find_dotenv(usecwd=True), override=False)


def moved(root: Path, commit: str) -> bool:
    """Whether `commit` has another such file than is here: it is read in one process, and has one value for both.

    A file that is under no version control is the same for both.

    Raises:
        GitError: `commit` is not known here.
    """
    top, here = git.top(root).resolve(), root.resolve()
    folders = [each for each in (here, *here.parents) if each.is_relative_to(top)]
    return _read() and git.moved(root, commit, [os.path.relpath(each / NAME, here) for each in folders])


def unrecorded(prints: Fingerprints, root: Path, base: str, manifest: Any) -> Fingerprints:
    """The base's fingerprints, in which no variable is known where this file has moved since."""
    if not moved(root, git.fork_point(root, base)):
        return prints
    values = dict.fromkeys(environment(manifest), UNKNOWN)
    return replace(prints, surroundings=replace(prints.surroundings, environment=values))


def _read() -> bool:
    return versions.installed() >= (1, 12)
