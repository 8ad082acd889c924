"""A site to render: every page has something, and whatever names can hold is in it."""

from __future__ import annotations

import math
from datetime import date, datetime, timedelta, timezone

from dataops.health.health import Health, Incident, Last, Monitor, Point, Problem, Series
from dataops.plan.lineage import Relation
from dataops.site import content
from dataops.site.content import Site

NOW = datetime(2026, 3, 1, 6, 0, tzinfo=timezone.utc)
HOSTILE = "<script>alert('x')</script>"
NAME = "Bestellungen «größte» 注文"


def nodes(started: datetime, threads: int = 3, count: int = 12) -> tuple[content.NodeRun, ...]:
    made = []
    for index in range(count):
        status = "error" if index == 7 else "warn" if index == 4 else "skipped" if index == 11 else "success"
        made.append(
            content.NodeRun(
                f"model.shop.m{index}", f"m{index}" if index else NAME, "model", status,
                started + timedelta(seconds=0.4 * index), 0.9 + (index % 4) * 0.35, f"Thread-{index % threads + 1}",
                100 * index, "Database error: relation </script> is gone" if index == 7 else "", index % 4 == 0,
            )
        )  # fmt: skip
    return tuple(made)


def runs(count: int = 60) -> tuple[content.Run, ...]:
    made = []
    for index in range(count):
        started = NOW - timedelta(hours=12 * index)
        status = "interrupted" if index == 2 else "failed" if index % 9 == 0 else "ok"
        made.append(
            content.Run(
                f"{index:08x}-0000-4000-8000-000000000000", "deploy" if index % 2 else "build", started,
                None if index == 2 else 95.3 + index, status, "prod", "ada@ci", "0123456789abcdef",
                {"success": 10, "error": 1, "skipped": 1}, nodes(started),
            )
        )  # fmt: skip
    return tuple(made)


def series(metric: str = "row_count", dimension: str | None = None, odd: bool = True, count: int = 45) -> Series:
    points = []
    for index in range(count):
        value: float | None = 1000 + 30 * math.sin(index * 1.7) + 12 * math.cos(index * 5.1)
        rule = None
        if odd and index == count - 2:
            value, rule = 1404.5, "beyond_limit"
        if odd and index == count - 15:
            value, rule = 700.0, "western_electric_2"
        if odd and index == count - 25:
            value = None
        if odd and index == count - 1:
            value, rule = math.inf, "not_finite"
        judged = index > 7
        points.append(
            Point(
                NOW - timedelta(days=count - index), value, 1000.0 if judged else None, 880.0 if judged else None,
                1120.0 if judged else None, rule,
            )
        )  # fmt: skip
    return Series(metric, dimension, tuple(points))


def monitors() -> tuple[Monitor, ...]:
    incident = Incident(NOW - timedelta(days=16), NOW - timedelta(days=14), f"was down {HOSTILE}", "ada")
    return (
        Monitor("volume-orders-1a2b3c4d", "test.shop.volume_orders.1", "volume_anomalies_fct_orders",
                      "fct_orders", None, "fail", (series(), series("row_count", "country = DE", odd=False)),
                      (incident,), 3),
        Monitor("average-amount-1a2b3c4e", "test.shop.average.2", f"column_anomalies {NAME}", NAME, "select",
                      "pass", (series("average", odd=False),)),
        Monitor("empty-1a2b3c4f", "test.shop.empty.3", "volume_anomalies_empty", "empty", None, "pass",
                      (Series("row_count", None, ()),)),
    )  # fmt: skip


def lineage() -> tuple[Relation, ...]:
    source = Relation(
        "source.shop.app.orders",
        "app.orders",
        "source",
        "models/app.yml",
        "",
        (),
        {"id": (), "amount": (), "constructor": ()},
    )
    staging = Relation(
        "model.shop.stg_orders",
        "stg_orders",
        "model",
        "models/stg_orders.sql",
        f"One row an order {HOSTILE}",
        (source.key,),
        {"order_id": ((source.key, "id"),), "amount": ((source.key, "amount"),)},
    )
    mart = Relation(
        "model.shop.fct_orders",
        "fct_orders",
        "model",
        "models/fct_orders.sql",
        "",
        (staging.key,),
        {"order_id": ((staging.key, "order_id"),), "total": ((staging.key, "amount"),)},
    )
    python = Relation(
        "model.shop.scored", NAME, "model", "models/scored.py", "", (mart.key,), {}, "is written in Python"
    )
    return (source, staging, mart, python)  # fmt: skip


def problems() -> tuple[Problem, ...]:
    return (
        Problem("failing", "test.shop.unique_orders", "unique_fct_orders_order_id", "12 rows fail", NOW, "@data",
                      None),
        Problem("anomalous", "test.shop.volume_orders.1", "volume_anomalies_fct_orders",
                      "row_count: beyond the control limits, value 1,404", NOW, None, "volume-orders-1a2b3c4d"),
        Problem("late", "source.shop.app.orders", "app.orders", f"2 days old {HOSTILE}"),
        Problem("paused", "model.shop.fct_orders", "fct_orders", "sent twice (by ada)", NOW, "ada"),
    )  # fmt: skip


def last() -> Last:
    return Last("run-0", "deploy", NOW, 95.3, "ok")


def trend(days: int = 30) -> tuple[content.Day, ...]:
    first = date(2026, 1, 31)
    return tuple(
        content.Day(first + timedelta(days=each), 4, each % 7 == 3, 300 + 40 * math.sin(each), 120, each % 7 == 3)
        for each in range(days)
    )


def full() -> Site:
    every = runs()
    released = tuple(
        content.Released(f"2026020{9 - index}T030405Z-1a2b3c", NOW - timedelta(days=20 + index), "deploy",
                         "0123456789ab", "ada@ci", 102, 640, 3, index == 0, (NOW - timedelta(days=20 + index),))
        for index in range(4)
    )  # fmt: skip
    return Site(
        project=f"shop {NAME}",
        environment="prod",
        made_at=NOW,
        health=Health("prod", problems(), last(), 120, 118),
        trend=trend(),
        monitors=monitors(),
        runs=every,
        slowest=(content.Slow("fct_orders", 73.1, 0.31), content.Slow(NAME, 4.0, 0.02)),
        slower=(content.Slower("fct_orders", 73.1, 20.5, 12),),
        reviews=(
            content.Reviewed(
                NOW, "#12 faster-orders", "ada", "not ready", f"2 tests failed {HOSTILE}", "reviews/latest.html"
            ),
            content.Reviewed(NOW, "#11", "bob", "unknown", "all passed", None, "javascript:alert(1)"),
            content.Reviewed(NOW, "main", "bob", "ready", "all passed", None, "https://ci.example.com/1"),
        ),
        releases=released,
        lineage=lineage(),
        documentation=b"<!doctype html><html lang=en><title>docs</title><p>docs</html>",
        report=b"<!doctype html><html lang=en><title>report</title><p>report</html>",
        review=b"<!doctype html><html lang=en><title>review</title><p>review</html>",
        notes=("1 file of the history could not be read: points.parquet",),
    )


def empty() -> Site:
    return Site("shop", "prod", NOW, Health("prod"))
