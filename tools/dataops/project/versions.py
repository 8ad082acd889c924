"""Which dbt is supported, and which one is installed; asked without importing it."""

from __future__ import annotations

import importlib.metadata
import re
from functools import cache

SUPPORTED = "dbt-core>=1.10,<1.14"
"""What pyproject.toml asks for, both `dbt_project.yml` allow and each message names; a test holds them together."""


@cache
def installed() -> tuple[int, int]:
    """The installed dbt-core, as (1, 12)."""
    major, minor = re.findall(r"\d+", importlib.metadata.version("dbt-core"))[:2]
    return int(major), int(minor)
