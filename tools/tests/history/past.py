"""A history that is written record by record, as production would have left it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from dataops.config import Settings
from dataops.history import journals
from dataops.history.journals import FOLDER, Journal
from dataops.history.records import Invocation, Point, Record, Result
from dataops.site.content import Site
from dataops.site.gather import gather
from dataops.store.location import Location

NOW = datetime(2026, 3, 10, 12, 0, tzinfo=timezone.utc)
ORDERS, UNIQUE, VOLUME = "model.shop.orders", "test.shop.unique_orders.1", "test.shop.volume_orders.2"


@dataclass
class Past:
    """A history in the making, at `root`."""

    root: Path

    @property
    def settings(self) -> Settings:
        return Settings(state=str(self.root / "state"))

    def add(self, key: str, hours: float, *records: Record, **given: Any) -> datetime:
        """An invocation so many hours ago. Without `status` it succeeded; `running` is left as by a killed process."""
        started = (NOW - timedelta(hours=hours)).replace(tzinfo=None)
        said = {
            "command": "deploy",
            "status": "success",
            "origin": "dataops",
            "target": "prod",
            "seconds": 60.0,
            **given,
        }
        journal = Journal(self.root / FOLDER, key)
        journal.add(Invocation(invocation_id=key, started_at=started, **said))
        for each in records:
            journal.add(replace(each, invocation_id=key))
        if said["status"] == "running":
            journal.leave()
        else:
            journals.finish(Location(self.settings.state), journal)
        return started

    def site(self, target: str | None = None) -> Site:
        return gather(self.root, self.settings, target, NOW)


def result(key: str, status: str, hours: float, seconds: float = 1.0, **given: Any) -> Result:
    started = (NOW - timedelta(hours=hours)).replace(tzinfo=None)
    kind, name = key.split(".", 1)[0], key.split(".")[2]
    return Result("", key, name, kind, status, started_at=started, seconds=seconds, thread="Thread-1", **given)


def points(last: float, rule: str | None, detected: int, count: int = 20, shift: int = 0) -> Iterator[Point]:
    for each in range(count):
        newest = each == count - 1
        yield Point(
            "", VOLUME, "row_count", None, datetime(2026, 2, 1) + timedelta(days=each + shift),
            last if newest else 100.0, 100.0, 80.0, 120.0, 3.0, rule if newest else None, bool(rule) and newest,
            each >= count - detected, 14,
        )  # fmt: skip
