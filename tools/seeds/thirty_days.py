"""Writes sixty days of the four applications: a month of history, and thirty days of which some go wrong.

    python tools/seeds/thirty_days.py FOLDER [--until 2024-04-07]

The invented businesses are those of the seeds, busier, and on one calendar: 1 March to 29 April 2024. Day 1 of the
thirty is 31 March. `INCIDENTS` says what is planted, when, and which monitor has to find it; nothing else is wrong.
With `--until` the files are as they stood at the end of that day. No clock, no network, no package.

FOLDER/tpch, FOLDER/paysim, FOLDER/retailrocket and FOLDER/synthea are what the vars `tpch_path` and so on take.
"""

from __future__ import annotations

import argparse
import csv
import random
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from typing import Any

import paysim
import retailrocket
import synthea
import tpch

FIRST_DAY = date(2024, 3, 1)
HISTORY, SIMULATED = 30, 30
LAST_DAY = FIRST_DAY + timedelta(days=HISTORY + SIMULATED - 1)
Row = dict[str, str]
Tables = dict[str, list[Row]]


def day(number: int) -> date:
    """A day of the thirty, from 1."""
    return FIRST_DAY + timedelta(days=HISTORY + number - 1)


@dataclass(frozen=True)
class Incident:
    """What goes wrong in a table on a day, which monitors see it, and the rows that arrive instead of a row."""

    day: int
    table: str
    what: str
    monitors: tuple[str, ...]
    instead: Callable[[Row], list[Row]]


def _without(_: Row) -> list[Row]:
    return []


def _in_cents(*columns: str) -> Callable[[Row], list[Row]]:
    return lambda row: [{**row, **{name: f"{float(row[name]) * 100:.2f}" for name in columns}}]


def _blank(column: str, keep: Callable[[Row], bool]) -> Callable[[Row], list[Row]]:
    return lambda row: [row if keep(row) else {**row, column: ""}]


def _unless(condition: Callable[[Row], bool]) -> Callable[[Row], list[Row]]:
    return lambda row: [] if condition(row) else [row]


def _again(row: Row) -> list[Row]:
    return [row, {**row, "timestamp": str(int(row["timestamp"]) + 2)}]


def _one_in_four(column: str) -> Callable[[Row], bool]:
    return lambda row: int(row[column]) % 4 == 0


TRANSACTIONS = ("transactions_arrive_as_usual", "transaction_types_are_mixed_as_usual")
INCIDENTS = (
    Incident(8, "tpch/orders", "half of the orders do not arrive, nor do their lines", ("orders_arrive_as_usual",),
             _unless(lambda row: int(row["o_orderkey"]) % 2 == 0)),
    Incident(8, "tpch/lineitem", "as above", (), _unless(lambda row: int(row["l_orderkey"]) % 2 == 0)),
    Incident(15, "tpch/orders", "totals are sent in cents", ("order_totals_are_as_usual",), _in_cents("o_totalprice")),
    Incident(23, "tpch/lineitem", "three of four lines have no ship mode", ("ship_modes_are_given_as_usual",),
             _blank("l_shipmode", _one_in_four("l_orderkey"))),
    Incident(6, "paysim/transactions", "the feed ends at noon", TRANSACTIONS,
             _unless(lambda row: (int(row["step"]) - 1) % 24 >= 12)),
    Incident(13, "paysim/transactions", "amounts are sent in cents", ("payments_are_as_large_as_usual",),
             _in_cents("amount")),
    Incident(20, "paysim/transactions", "no deposits arrive", TRANSACTIONS,
             _unless(lambda row: row["type"] == "CASH_IN")),
    Incident(9, "retailrocket/events", "the tracker sends each event twice, 2 ms apart", ("events_arrive_as_usual",),
             _again),
    Incident(17, "retailrocket/events", "nothing is put into the cart", ("events_arrive_as_usual",),
             _unless(lambda row: row["event"] == "addtocart")),
    Incident(25, "retailrocket/events", "three of four purchases have no order", ("purchases_have_orders_as_usual",),
             _blank("transactionid", lambda row: row["transactionid"] == "" or int(row["transactionid"]) % 4 == 0)),
    Incident(5, "synthea/encounters", "no encounter arrives", ("encounters_arrive_as_usual",), _without),
    Incident(12, "synthea/encounters", "costs are sent in cents", ("visits_cost_as_much_as_usual",),
             _in_cents("TOTAL_CLAIM_COST", "PAYER_COVERAGE")),
    Incident(19, "synthea/encounters", "nobody is named as the payer", ("payers_are_named_as_usual",),
             _blank("PAYER", lambda row: False)),
    Incident(28, "synthea/claims", "no claim arrives", ("claims_arrive_as_usual",), _without),
)  # fmt: skip
"""All that is planted."""

ARRIVES: dict[str, Callable[[Row], date]] = {
    "tpch/orders": lambda row: date.fromisoformat(row["o_orderdate"]),
    "tpch/lineitem": lambda row: _order_days()[row["l_orderkey"]],
    "paysim/transactions": lambda row: FIRST_DAY + timedelta(days=(int(row["step"]) - 1) // 24),
    "retailrocket/events": lambda row: datetime.fromtimestamp(int(row["timestamp"]) / 1000, timezone.utc).date(),
    "synthea/encounters": lambda row: date.fromisoformat(row["START"][:10]),
    "synthea/claims": lambda row: date.fromisoformat(row["SERVICEDATE"][:10]),
}
"""The day on which a row arrives; the rows of other tables are there from the first day on."""


@cache
def _tpch() -> Tables:
    return tpch.ordinary(6_000, FIRST_DAY, LAST_DAY).tables


@cache
def _order_days() -> dict[str, date]:
    return {row["o_orderkey"]: date.fromisoformat(row["o_orderdate"]) for row in _tpch()["orders"]}


@cache
def _paysim() -> Tables:
    """The seed has the same number of honest transactions each day; here some days are busier than others."""
    days = HISTORY + SIMULATED
    luck, bank = random.Random(20240331), paysim._Bank(220 * days, 24 * days, seed=7)
    rows: list[Row] = []
    for step, made in enumerate(bank.run()):
        if step % 24 == 23:
            bank.rows = int(220 * days * luck.gauss(1, 0.05))
        rows += [_row(paysim.HEADER, paysim._line(each)) for each in made]
    return {"transactions": rows}


@cache
def _retailrocket() -> Tables:
    shop = retailrocket._Shop(items=210, categories=7, days=HISTORY + SIMULATED)
    shop.simulate(45_000)
    tables = {"events": map(retailrocket._text, shop.arrive(0)), "item_properties": shop.properties()}
    return {name: [_row(retailrocket.HEADERS[name], each) for each in rows] for name, rows in tables.items()}


@cache
def _synthea() -> Tables:
    """Patients and payers, the claims and encounters of the last two months, and earlier encounters that are claimed.

    All are moved to the calendar of the sixty days.
    """
    moved = FIRST_DAY - (synthea.LAST_DAY - timedelta(days=HISTORY + SIMULATED - 1))
    tables = synthea.ordinary(1_500).tables
    kept: Tables = {name: rows if name in ("patients", "payers") else [] for name, rows in tables.items()}
    first = str(FIRST_DAY - moved)
    claims = [row for row in tables["claims"] if row["SERVICEDATE"] >= first]
    claimed = {row["APPOINTMENTID"] for row in claims}
    encounters = [row for row in tables["encounters"] if row["START"] >= first or row["Id"] in claimed]
    dates = ["SERVICEDATE", "CURRENTILLNESSDATE", "LASTBILLEDDATE1", "LASTBILLEDDATEP"]
    for name, rows, times in (("encounters", encounters, ["START", "STOP"]), ("claims", claims, dates)):
        kept[name] = [
            {**row, **{column: _moved(row[column], moved) for column in times}}
            for row in sorted(rows, key=lambda row: row[times[0]])
        ]
    return kept


def _moved(moment: str, by: timedelta) -> str:
    return synthea._stamp(datetime.fromisoformat(moment[:-1]) + by)


def _row(names: list[str], values: Any) -> Row:
    return dict(zip(names, values, strict=True))


SOURCES = {"tpch": _tpch, "paysim": _paysim, "retailrocket": _retailrocket, "synthea": _synthea}


def write(
    folder: Path,
    until: date = LAST_DAY,
    sources: Collection[str] = tuple(SOURCES),
    incidents: Collection[Incident] = INCIDENTS,
) -> None:
    """Write what has arrived by the end of a day, each table to a CSV file of its own."""
    for source in sources:
        (folder / source).mkdir(parents=True, exist_ok=True)
        for name, rows in SOURCES[source]().items():
            with (folder / source / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                table = csv.DictWriter(file, _columns(source, name), lineterminator="\n")
                table.writeheader()
                table.writerows(_arrived(f"{source}/{name}", rows, until, incidents))


def _columns(source: str, name: str) -> list[str]:
    if source == "paysim":
        return paysim.HEADER
    if source == "retailrocket":
        return retailrocket.HEADERS[name]
    return {"tpch": tpch.HEADERS, "synthea": synthea.HEADERS}[source][name].split()


def _arrived(table: str, rows: list[Row], until: date, incidents: Collection[Incident]) -> Iterator[Row]:
    arrives = ARRIVES.get(table)
    planted = {day(each.day): each.instead for each in incidents if each.table == table}
    for row in rows:
        on = arrives(row) if arrives else FIRST_DAY
        if on <= until:
            yield from planted[on](row) if on in planted else [row]


if __name__ == "__main__":
    options = argparse.ArgumentParser(description="Write sixty days of the four applications, some of which go wrong.")
    options.add_argument("folder", type=Path)
    options.add_argument("--until", type=date.fromisoformat, default=LAST_DAY, help="the last day that has arrived")
    given = options.parse_args()
    write(given.folder, given.until)
