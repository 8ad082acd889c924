"""The supply chain measures worked out a second time, in plain Python on the CSV files, row by row and week by week.

Nothing here is shared with the models but the definitions in docs/supply-chain.md.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from math import ceil, sqrt
from pathlib import Path
from statistics import NormalDist, mean, stdev

Row = dict[str, str]
WEEKS, WINDOW_DAYS, MINIMUM_RECEIPTS, TARGET_DAYS, SERVICE_LEVEL = 52, 365, 5, 180, 0.95


def day(text: str) -> date:
    return date.fromisoformat(text)


@dataclass(frozen=True)
class Export:
    """TPC-H tables, without the rows that were sent twice."""

    orders: dict[str, Row]
    lines: list[Row]
    stock: dict[tuple[str, str], Row]
    suppliers: set[str]
    parts: set[str]

    @classmethod
    def read(cls, folder: Path) -> Export:
        def rows(name: str) -> list[Row]:
            with (folder / f"tpch_{name}.csv").open(encoding="utf-8", newline="") as file:
                return list(csv.DictReader(file))

        latest: dict[tuple[str, str], Row] = {}
        for row in rows("lineitem"):
            key = (row["l_orderkey"], row["l_linenumber"])
            if key not in latest or row["l_receiptdate"] > latest[key]["l_receiptdate"]:
                latest[key] = row
        return cls(
            {row["o_orderkey"]: row for row in rows("orders")},
            list(latest.values()),
            {(row["ps_partkey"], row["ps_suppkey"]): row for row in rows("partsupp")},
            {row["s_suppkey"] for row in rows("supplier")},
            {row["p_partkey"] for row in rows("part")},
        )

    def ordered(self, line: Row) -> date:
        return day(self.orders[line["l_orderkey"]]["o_orderdate"])

    @cached_property
    def trusted(self) -> list[Row]:
        """Lines of a known order and supplier that are shipped after the order and received after shipment."""
        return [
            line
            for line in self.lines
            if line["l_orderkey"] in self.orders
            and line["l_suppkey"] in self.suppliers
            and self.ordered(line) <= day(line["l_shipdate"]) <= day(line["l_receiptdate"])
        ]

    @cached_property
    def as_of(self) -> date:
        return max(map(self.ordered, self.trusted))

    @cached_property
    def weeks(self) -> list[date]:
        after = self.as_of + timedelta(days=1)
        last = after - timedelta(days=after.weekday() + 7)
        return [last - timedelta(days=7 * number) for number in range(WEEKS)]


def monday(of: date) -> date:
    return of - timedelta(days=of.weekday())


def demand(export: Export) -> dict[tuple[str, str], Counter[date]]:
    """Quantity by part and supplier, and week."""
    found: dict[tuple[str, str], Counter[date]] = defaultdict(Counter)
    for line in export.trusted:
        week = monday(export.ordered(line))
        if week in export.weeks:
            found[line["l_partkey"], line["l_suppkey"]][week] += int(line["l_quantity"])
    return found


def weekly_demand(export: Export) -> dict[tuple[int, date], int]:
    """Quantity of each part in each week, 0 where nobody ordered it."""
    found = {(int(part), week): 0 for part in export.parts for week in export.weeks}
    for (part, _), quantities in demand(export).items():
        for week, quantity in quantities.items():
            found[int(part), week] += quantity
    return found


def lead_times(export: Export) -> dict[int, tuple[int, float, float, bool]]:
    """By supplier: number of receipts, mean and spread of the lead time, and whether they are those of all."""
    receipts: dict[str, list[int]] = defaultdict(list)
    for line in export.trusted:
        if export.as_of - timedelta(days=WINDOW_DAYS) < day(line["l_receiptdate"]) <= export.as_of:
            receipts[line["l_suppkey"]].append((day(line["l_receiptdate"]) - export.ordered(line)).days)
    everyone = [days for each in receipts.values() for days in each]
    found = {}
    for supplier in export.suppliers:
        own = receipts[supplier]
        is_borrowed = len(own) < MINIMUM_RECEIPTS
        days = everyone if is_borrowed else own
        found[int(supplier)] = (len(own), mean(days), stdev(days), is_borrowed)
    return found


def proposals(export: Export) -> dict[tuple[int, int], int]:
    """Quantity to reorder by part and supplier."""
    z, times, by_week, found = NormalDist().inv_cdf(SERVICE_LEVEL), lead_times(export), demand(export), {}
    for (part, supplier), row in export.stock.items():
        weeks = [by_week[part, supplier][week] for week in export.weeks]
        daily, spread = mean(weeks) / 7, stdev(weeks) / sqrt(7)
        _, lead, lead_spread, _ = times[int(supplier)]
        point = daily * lead + z * sqrt(lead * spread**2 + daily**2 * lead_spread**2)
        available = max(0, int(row["ps_availqty"]))
        if daily and available <= point and available <= daily * TARGET_DAYS:
            found[int(part), int(supplier)] = ceil(max(point, daily * TARGET_DAYS) - available)
    return found


def service(export: Export) -> dict[tuple[int, date], tuple[int, int, int, int]]:
    """By supplier and month: lines due, on time, in full, both."""
    found: dict[tuple[int, date], list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for line in export.trusted:
        due, received = day(line["l_commitdate"]), day(line["l_receiptdate"])
        if due <= export.as_of:
            is_on_time, is_in_full = received <= due, received <= export.as_of and line["l_returnflag"] != "R"
            counts = found[int(line["l_suppkey"]), due.replace(day=1)]
            for place, counted in enumerate((True, is_on_time, is_in_full, is_on_time and is_in_full)):
                counts[place] += counted
    return {key: (due, on_time, in_full, both) for key, (due, on_time, in_full, both) in found.items()}


def open_orders(export: Export) -> dict[int, tuple[int, int, bool]]:
    """By order: age in days, number of open lines, whether one of them is overdue."""
    found: dict[int, tuple[int, int, bool]] = {}
    for line in export.lines:
        if line["l_orderkey"] in export.orders and day(line["l_receiptdate"]) > export.as_of >= export.ordered(line):
            order = int(line["l_orderkey"])
            _, count, was_overdue = found.get(order, (0, 0, False))
            is_overdue = day(line["l_commitdate"]) < export.as_of
            found[order] = ((export.as_of - export.ordered(line)).days, count + 1, was_overdue or is_overdue)
    return found
