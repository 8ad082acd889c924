"""Writes the recommendations seeds: a small, invented shop in the layout of the RetailRocket data set.

    python tools/seeds/retailrocket.py [FOLDER]
    python tools/seeds/retailrocket.py FOLDER --events 1500000 [--parquet]

Without `--events` the output is the seeds, and depends on nothing but this file: no clock, no network, no package. Rows
stand in the order in which they would have arrived, so the end of the events holds the late ones (`LATE_ROWS`). With
`--events` it is at least so many events of the same kind, under the names that `retailrocket_path` looks for.

Items fall into categories, some of each category are bought together, and a few items draw most of the views.
Visitors have a favourite category, come back, and shop in the evening, over midnight too.
"""

from __future__ import annotations

import argparse
import csv
import random
from bisect import bisect
from datetime import datetime, timezone
from itertools import accumulate
from pathlib import Path

FIRST_DAY = int(datetime(2024, 3, 1, tzinfo=timezone.utc).timestamp() * 1000)
SECOND, MINUTE, DAY = 1_000, 60_000, 86_400_000
GAP = 30 * MINUTE
LATE_ROWS = 9
HEADERS = {
    "events": ["timestamp", "visitorid", "event", "itemid", "transactionid"],
    "item_properties": ["timestamp", "itemid", "property", "value"],
}
# share of a day's sessions that start in each hour, UTC: the evening runs over midnight
HOURS = list(accumulate([9, 6, 4, 2, 1, 1, 1, 2, 2, 3, 3, 4, 4, 4, 4, 4, 5, 5, 6, 7, 8, 9, 10, 11]))
Event = tuple[int, str, str, str, str]


class _Shop:
    """Items with their categories and companions, and the events on them."""

    def __init__(self, items: int, categories: int, days: int) -> None:
        self.rng = random.Random(20240301)
        self.days = days
        self.events: list[Event] = []
        self.orders = 0
        self.visitors = 0
        names = [str(1000 + number) for number in range(items)]
        self.rng.shuffle(names)
        self.categories = [names[place::categories] for place in range(categories)]
        self.rank_weights = list(accumulate(1 / (rank + 2) for rank in range(items // categories + 1)))
        self.category_weights = list(accumulate(1 / (rank + 3) ** 0.7 for rank in range(categories)))

    def add(self, at: int, visitor: str, kind: str, item: str, order: str = "") -> None:
        self.events.append((at, visitor, kind, item, order))

    def draw(self, weights: list[float], count: int) -> int:
        return bisect(weights, self.rng.random() * weights[count - 1], 0, count - 1)

    def item(self, category: int) -> str:
        shelf = self.categories[category]
        return shelf[self.draw(self.rank_weights, len(shelf))]

    def next_item(self, category: int, item: str) -> str:
        """Most often one of the next five on the shelf, which go together; else any, also of other categories."""
        luck = self.rng.random()
        if luck < 0.55:
            shelf = self.categories[category]
            place = shelf.index(item) if item in shelf else 0
            block = place - place % 6
            return shelf[min(block + self.rng.randrange(6), len(shelf) - 1)]
        if luck < 0.92:
            return self.item(category)
        return self.item(self.draw(self.category_weights, len(self.categories)))

    def visitor(self) -> None:
        rng = self.rng
        self.visitors += 1
        name = str(self.visitors)
        favourite = self.draw(self.category_weights, len(self.categories))
        sessions = min(1 + int(rng.expovariate(0.45)), 25)
        for _ in range(sessions):
            day = rng.randrange(self.days)
            hour = bisect(HOURS, rng.randrange(HOURS[-1]))
            at = FIRST_DAY + day * DAY + hour * 60 * MINUTE + rng.randrange(60 * MINUTE)
            elsewhere = rng.random() < 0.15
            self.session(at, name, self.draw(self.category_weights, len(self.categories)) if elsewhere else favourite)

    def session(self, at: int, visitor: str, category: int) -> None:
        rng = self.rng
        item = self.item(category)
        cart: list[str] = []
        while True:
            self.add(at, visitor, "view", item)
            if item not in cart and rng.random() < 0.10:
                at += 3 * SECOND + rng.randrange(90 * SECOND)
                self.add(at, visitor, "addtocart", item)
                cart.append(item)
            if rng.random() < 0.25:
                break
            pause = rng.random()
            if rng.random() < 0.01:  # just short of the session's end, or just beyond it
                at += int(GAP * (0.9 + 0.2 * pause))
            else:
                at += 4 * SECOND + int(rng.expovariate(1 / MINUTE))
            item = self.next_item(category, item)
        if cart and rng.random() < 0.45:
            at += 40 * SECOND + rng.randrange(5 * MINUTE)
            self.orders += 1
            for bought in cart:
                self.add(at, visitor, "transaction", bought, str(self.orders))

    def bot(self, kind: int, name: str) -> None:
        """Each kind breaks one of the rules, and that one alone."""
        rng = self.rng
        at = FIRST_DAY + rng.randrange(self.days - 2) * DAY + rng.randrange(DAY)
        at -= at % (60 * MINUTE)  # the busiest hour is one of the clock
        shelf = [item for category in self.categories for item in category]
        views, pause = ((210, 40 * SECOND), (160, 15 * SECOND), (45, 400), (205, 45 * SECOND))[kind]
        for number, item in enumerate(rng.sample(shelf, views)):
            self.add(at, name, "view", item)
            at += pause + rng.randrange(pause // 10)
            if kind == 3 and number % 40 == 39:  # in pieces, so that no session is too long
                at += 5 * 60 * MINUTE

    def properties(self) -> list[tuple[str, str, str, str]]:
        """Category and availability of each item; some run out of stock, some move to another category."""
        rows = []
        for number, shelf in enumerate(self.categories):
            for item in shelf:
                start = FIRST_DAY - DAY
                rows.append((str(start), item, "categoryid", str(100 + number)))
                rows.append((str(start), item, "available", "1"))
                if self.rng.random() < 0.1:
                    rows.append((str(start + self.rng.randrange(self.days) * DAY), item, "available", "0"))
                if self.rng.random() < 0.03:
                    moved = str(100 + (number + 1) % len(self.categories))
                    rows.append((str(start + self.rng.randrange(1, self.days) * DAY), item, "categoryid", moved))
        rows.append((str(FIRST_DAY), rows[0][1], "790", "n552.000"))  # one of the hashed properties
        return rows

    def simulate(self, events: int) -> None:
        while len(self.events) < events:
            self.visitor()

    def arrive(self, late_share: float) -> list[Event]:
        """In order of time, but for a share of the events that is sent up to two days late; none lies after the end."""
        end = FIRST_DAY + self.days * DAY
        arrivals = []
        for event in self.events:
            if event[0] < end:
                delay = self.rng.randrange(2 * DAY) if self.rng.random() < late_share else 0
                arrivals.append((event[0] + delay, event))
        return [event for _, event in sorted(arrivals)]


def _late(newest: int, shelf: list[str]) -> tuple[list[Event], list[Event]]:
    """Visits around the opening of the lookback, three days before the newest event: in time, and late."""
    opens = newest - 3 * DAY
    midnight = newest - newest % DAY - DAY
    in_time = [
        # goes on over the opening: what is read again starts before it
        (opens - 45 * MINUTE, "9001", "view", shelf[0], ""),
        (opens - 20 * MINUTE, "9001", "view", shelf[1], ""),
        (opens + 5 * MINUTE, "9001", "view", shelf[2], ""),
        # two sessions, of which a late event will make one, over midnight
        (midnight - 25 * MINUTE, "9002", "view", shelf[3], ""),
        (midnight + 20 * MINUTE, "9002", "view", shelf[4], ""),
        # a session that a late event will start earlier
        (midnight + 400 * MINUTE, "9003", "view", shelf[5], ""),
        # a session that ends exactly the gap before the opening
        (opens - GAP, "9004", "view", shelf[6], ""),
    ]
    late = [
        (opens + 25 * MINUTE, "9001", "addtocart", shelf[2], ""),
        (midnight - 5 * MINUTE, "9002", "view", shelf[5], ""),
        (midnight + 371 * MINUTE, "9003", "view", shelf[6], ""),
        (opens, "9004", "view", shelf[7], ""),
        (opens + 90 * MINUTE, "9005", "view", shelf[8], ""),
        (opens + 91 * MINUTE, "9005", "view", shelf[9], ""),
        (newest + 10 * MINUTE, "9001", "view", shelf[0], ""),
        (newest + 20 * MINUTE, "9006", "view", shelf[1], ""),
        (newest + 50 * MINUTE, "9006", "view", shelf[2], ""),
    ]
    assert len(late) == LATE_ROWS
    return in_time, late


def _plant_defects(rows: list[Event]) -> list[Event]:
    """What a real feed gets wrong, and what the tests of severity `warn` count."""
    for place in (200, 500, 900):  # sent twice
        rows.insert(place + 6, rows[place])
    future = int(datetime(2085, 3, 9, tzinfo=timezone.utc).timestamp() * 1000)
    for place in (300, 700):
        rows.insert(place, (future + place, *rows[place][1:]))
    for place in (400, 410):
        rows.insert(place, (rows[place][0] + 1, rows[place][1], "wishlist", rows[place][3], ""))
    for place in (600, 800):  # bought without an order
        rows.insert(place, (rows[place][0] + 1, rows[place][1], "transaction", rows[place][3], ""))
    return rows


def seeds() -> dict[str, list[tuple[str, ...]]]:
    """The seeds' rows by table, in the order of arrival."""
    shop = _Shop(items=210, categories=7, days=35)
    shop.simulate(1500)
    for kind in range(4):
        shop.bot(kind, str(8001 + kind))
    rows = shop.arrive(late_share=0)
    in_time, late = _late(rows[-1][0], shop.categories[0])
    rows = _plant_defects(sorted(rows + in_time)) + late
    return {"events": [_text(row) for row in rows], "item_properties": list(shop.properties())}


def large(events: int) -> dict[str, list[tuple[str, ...]]]:
    """At least so many events; of five hundred visitors one is a bot, of five hundred rows one is sent twice."""
    shop = _Shop(items=max(1200, events // 60), categories=max(12, events // 4000), days=60)
    shop.simulate(int(events * 0.95))
    for number in range(shop.visitors // 500):
        shop.bot(number % 4, f"bot{number}")
    shop.simulate(int(events * 1.01))
    rows = shop.arrive(late_share=0.02)
    twice = [shop.rng.randrange(len(rows)) for _ in range(len(rows) // 500)]
    rows += [rows[place] for place in sorted(twice)]
    return {"events": [_text(row) for row in rows], "item_properties": list(shop.properties())}


def _text(row: Event) -> tuple[str, ...]:
    return (str(row[0]), *row[1:])


def write(folder: Path, tables: dict[str, list[tuple[str, ...]]], prefix: str = "") -> None:
    """Write the tables to `folder`, one CSV file each."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, rows in tables.items():
        with (folder / f"{prefix}{name}.csv").open("w", newline="", encoding="utf-8") as file:
            table = csv.writer(file, lineterminator="\n")
            table.writerow(HEADERS[name])
            table.writerows(rows)


def to_parquet(folder: Path) -> None:
    """Replace the CSV files by Parquet files; this alone needs the duckdb package."""
    import duckdb

    for name in HEADERS:
        table = folder / f"{name}.csv"
        duckdb.execute(f"copy (from read_csv('{table}', all_varchar = true)) to '{table.with_suffix('.parquet')}'")
        table.unlink()


if __name__ == "__main__":
    arguments = argparse.ArgumentParser(description="Write invented shop events in the RetailRocket layout.")
    here = Path(__file__).resolve().parents[2] / "seeds" / "recommendations"
    arguments.add_argument("folder", nargs="?", type=Path, default=here)
    arguments.add_argument("--events", type=int, help="at least so many events instead of the seeds")
    arguments.add_argument("--parquet", action="store_true", help="Parquet instead of CSV, with --events")
    given = arguments.parse_args()
    if given.events:
        write(given.folder, large(given.events))
        if given.parquet:
            to_parquet(given.folder)
    else:
        write(given.folder, seeds(), prefix="retailrocket_")
