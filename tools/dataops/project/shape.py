"""What a relation holds, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Shape:
    """What a relation holds: its rows, and its columns' types by name in their order."""

    rows: int
    columns: Mapping[str, str]
