"""Who pauses or resumes, as far as the machine tells."""

from __future__ import annotations

import os
from pathlib import Path

from dataops import git
from dataops.record import user

_OF_JOBS = ("GITHUB_ACTOR", "GITLAB_USER_LOGIN")


def owner(folder: Path) -> str:
    """Who started this job of CI; at a desk, git's author; else the user of the machine."""
    named = next((os.environ[name] for name in _OF_JOBS if os.environ.get(name)), None)
    return named or git.author(folder) or user()
