"""Writes `history_v1`, a history as the first version of it was written. Run once; the files stay as they are.

python -m tests.history.write_fixture
"""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

from dataops.history import journals, upkeep
from dataops.history.journals import Journal
from dataops.history.records import Freshness, Invocation, Point, Record, Relation, Result, Sample
from dataops.store.location import Location

FOLDER = Path(__file__).parent / "history_v1"
START = datetime(2026, 3, 1, 3)


def records(identity: str, started: datetime) -> list[Record]:
    """One record of each kind, with every column set, and one with as little as there can be."""
    ended = started + timedelta(minutes=2)
    test, source = "test.shop.unique_orders_id.1a2b3c", "source.shop.app.events"
    return [
        Invocation(
            identity, "deploy", "failed", "dataops", started, ended, 120.0, "one test failed", 3, "shop", "shop",
            "prod", "duckdb", "prod", "main", 4, True, "--select orders", ("day",), "1.11.16", "0.1.0",
            "c0ffee" * 6 + "cafe", "main", False, "ann", "host", "github", "nightly", "https://example.com/1", "7",
            "20260301T030200Z-1a2b3c",
        ),
        Result(
            identity, test, "unique_orders_id", "test", "fail", "Got 1 result", started, ended, 1.5, 0.5, "Thread-1",
            None, 1, "shop", "models/orders.yml", None, None, None, None, ("nightly",), ("Ann",),
            ("model.shop.orders",), "model.shop.orders", "id", "unique", None, "generic", "error", "select 1",
        ),
        Result(
            identity, "model.shop.orders", "orders", "model", "success", "OK", started, ended, 2.5, 0.5, "Thread-2", 9,
            None, "shop", "models/orders.sql", "prod", "main", "orders", "table", (), ("Ann",), (source,),
        ),
        Result(identity, "model.shop.bare", "bare", "model", "skipped"),
        Sample(identity, test, 1, '{"id": "7"}', ("email",)),
        Point(identity, test, "row_count", "shop", started, 9.0, 8.0, 7.0, 10.0, 0.5, "nelson 1", True, True, 14),
        Point(identity, test, value=float("nan")),
        Freshness(
            identity, source, "events", "warn", "late", started, ended, 120.0, 60.0, 3600.0, 0.5, "models/app.yml",
            "prod", "app", "events", ("nightly",), ("Ann",),
        ),
        Relation(identity, "model.shop.orders", "prod.main.orders", ("id", "select"), ("INTEGER", "VARCHAR")),
    ]  # fmt: skip


def main() -> None:
    """Three invocations, two of them compacted."""
    shutil.rmtree(FOLDER, ignore_errors=True)
    for number, started in enumerate((START, START + timedelta(hours=1), START + timedelta(days=1))):
        journal = Journal(FOLDER / "journal", f"run-{number}")
        for each in records(f"run-{number}", started):
            journal.add(each)
        journals.finish(Location(str(FOLDER)), journal)
    for _ in range(2):
        upkeep.compact(str(FOLDER), FOLDER / "journal", timedelta())
    shutil.rmtree(FOLDER / "journal")


if __name__ == "__main__":
    main()
