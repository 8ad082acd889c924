"""Writes invented transactions in PaySim's layout: the fraud seed, or as many rows as you ask for.

    python tools/seeds/paysim.py [FOLDER]
    python tools/seeds/paysim.py --rows 1000000 --steps 744 transactions.parquet

The output depends on nothing but this file and its options: no clock, no network, and no package but DuckDB, for
Parquet only. Accounts are followed through time, so that balances add up where nothing is planted. Three ways of
fraud are planted, each amid honest customers who do nearly the same; their numbers grow with the rows:

- takeover: an account is emptied by TRANSFER to a mule, who cashes all of it out within hours;
- burst: a stolen account pays many strangers within a few hours;
- smurfing: several accounts send one collector amounts just under the threshold.
"""

from __future__ import annotations

import argparse
import csv
import heapq
import random
from collections.abc import Iterator
from pathlib import Path

HEADER = ["step", "type", "amount", "nameOrig", "oldbalanceOrg", "newbalanceOrig"]
HEADER += ["nameDest", "oldbalanceDest", "newbalanceDest", "isFraud", "isFlaggedFraud"]
THRESHOLD = 200_000
SEED_ROWS, SEED_STEPS = 2_200, 240
# share of an average hour by hour of the day
HOURS = [each / 10 for each in (2, 1, 1, 1, 1, 2, 4, 7, 10, 15, 17, 17, 17, 16, 15, 14, 14, 16, 18, 18, 15, 10, 6, 3)]
KINDS, SHARES = ["CASH_OUT", "PAYMENT", "CASH_IN", "TRANSFER", "DEBIT"], [33, 34, 23, 9, 1]
Row = tuple[int, str, int, str, int, int, str, int, int, int, int]
Plan = tuple[int, int, str, str, str, int | None]  # step, order, type, origin, destination, cents (None: all of it)


class _Bank:
    """Accounts with balances in cents, and what happens to them step by step."""

    def __init__(self, rows: int, steps: int, seed: int) -> None:
        self.rng = random.Random(seed)
        self.rows, self.steps = rows, steps
        people = max(60, rows // 25)
        self.customers = [f"C{100000000 + 7919 * number}" for number in range(people)]
        self.merchants = [f"M{500000000 + 104729 * number}" for number in range(max(20, people // 8))]
        self.scale = {name: self.rng.lognormvariate(9.2, 0.9) for name in self.customers}
        self.balance = {name: int(100 * self.scale[name] * self.rng.uniform(0.5, 12)) for name in self.customers}
        self.payees: dict[str, list[str]] = {}
        self.planned: list[Plan] = []
        self.strangers = 0

    def stranger(self) -> str:
        self.strangers += 1
        name = f"C{2000000000 + 6007 * self.strangers}"
        self.balance[name] = 0
        return name

    def plan(self, step: int, kind: str, origin: str, destination: str, cents: int | None) -> None:
        if step <= self.steps:
            heapq.heappush(self.planned, (step, len(self.planned) + step * 10**6, kind, origin, destination, cents))

    def plan_fraud(self) -> None:
        rng = self.rng
        for _ in range(max(5, self.rows // 1400)):
            self.plan_takeover(rng.randint(self.steps // 8, self.steps))
        for _ in range(max(3, self.rows // 6000)):
            self.plan_burst(rng.randint(self.steps // 8, self.steps))
        for _ in range(max(3, self.rows // 8000)):
            self.plan_smurfing(rng.randint(self.steps // 8, self.steps))

    def plan_takeover(self, step: int) -> None:
        """The mule's cash-out follows within 12 hours; one in eight in the same hour, which no rule can know."""
        victim, mule = self.rng.choice(self.customers), self.stranger()
        self.balance[victim] += self.rng.randint(2_000_000, 60_000_000)
        self.plan(step, "TRANSFER", victim, mule, None)
        delay = 0 if self.rng.random() < 0.125 else self.rng.randint(1, 12)
        self.plan(step + delay, "CASH_OUT", mule, self.rng.choice(self.customers), None)

    def plan_burst(self, step: int) -> None:
        victim = self.rng.choice(self.customers)
        self.balance[victim] += 5_000_000
        for later in range(self.rng.randint(2, 4)):
            for _ in range(self.rng.randint(2, 5)):
                self.plan(step + later, "TRANSFER", victim, self.stranger(), self.rng.randint(40_000, 300_000))

    def plan_smurfing(self, step: int) -> None:
        collector = self.stranger()
        for _ in range(self.rng.randint(5, 9)):
            sender = self.rng.choice(self.customers)
            self.balance[sender] += THRESHOLD * 100
            cents = self.rng.randint(THRESHOLD * 91, THRESHOLD * 100 - 1)
            self.plan(step + self.rng.randint(0, 20), "TRANSFER", sender, collector, cents)

    def payee(self, origin: str, kind: str) -> str:
        if kind != "TRANSFER":
            return self.rng.choice(self.merchants if kind == "PAYMENT" else self.customers)
        known = self.payees.setdefault(origin, [self.rng.choice(self.customers) for _ in range(3)])
        return self.rng.choice(known) if self.rng.random() < 0.8 else self.rng.choice(self.customers)

    def move(self, step: int, kind: str, origin: str, destination: str, cents: int, is_fraud: bool) -> Row:
        """Book a transaction. Who pays more than there is ends at 0, as in PaySim; merchants have no balance."""
        sign = 1 if kind == "CASH_IN" else -1
        before = self.balance[origin]
        after = self.balance[origin] = max(0, before + sign * cents)
        there = now = 0
        if destination[0] != "M":
            there = self.balance[destination]
            now = self.balance[destination] = max(0, there - sign * cents)
        flagged = kind == "TRANSFER" and cents > THRESHOLD * 100
        return step, kind, cents, origin, before, after, destination, there, now, int(is_fraud), int(flagged)

    def honest(self, step: int) -> Iterator[Row]:
        rng = self.rng
        origin, kind = rng.choice(self.customers), rng.choices(KINDS, SHARES)[0]
        cents = int(100 * self.scale[origin] * rng.lognormvariate(-0.3, 0.8)) + 100
        if kind != "CASH_IN":
            if self.balance[origin] < 100:
                kind = "CASH_IN"
            elif rng.random() > 0.02:
                cents = min(cents, self.balance[origin])
        if kind == "TRANSFER" and rng.random() < 0.004:  # a house is paid: all there is, to somebody new
            self.balance[origin] += rng.randint(2_000_000, 30_000_000)
            yield self.move(step, kind, origin, self.stranger(), self.balance[origin], False)
        elif kind == "TRANSFER" and rng.random() < 0.01:  # honest, and just under the threshold
            self.balance[origin] += THRESHOLD * 100
            yield self.move(step, kind, origin, self.payee(origin, kind), rng.randint(18_000_000, 19_999_999), False)
        elif kind == "PAYMENT" and rng.random() < 0.01:  # a shopping trip
            for _ in range(rng.randint(3, 5)):
                yield self.move(step, kind, origin, self.payee(origin, kind), min(cents, self.balance[origin]), False)
        else:
            yield self.move(step, kind, origin, self.payee(origin, kind), cents, False)

    def run(self) -> Iterator[list[Row]]:
        """The rows of each step, in no order within it: the file does not promise one."""
        self.plan_fraud()
        due = 0.0
        for step in range(1, self.steps + 1):
            rows: list[Row] = []
            while self.planned and self.planned[0][0] == step:
                _, _, kind, origin, destination, cents = heapq.heappop(self.planned)
                cents = self.balance[origin] if cents is None else min(cents, self.balance[origin])
                rows.append(self.move(step, kind, origin, destination, cents, True))
            due += self.rows / self.steps * HOURS[(step - 1) % 24]
            while due >= 1:
                made = list(self.honest(step))
                due -= len(made)
                rows += made
            self.rng.shuffle(rows)
            yield rows


def plant_defects(rows: list[Row]) -> list[Row]:
    """What a real file gets wrong, and what the tests of severity `warn` count. The late rows stand at the end."""
    moved = [place for place, row in enumerate(rows) if row[4] != row[5] and row[6][0] == "C" and not row[9]]
    for place in moved[60:660:200]:  # balances of the destination that were not kept
        row = rows[place]
        rows[place] = (*row[:7], 0, 0, *row[9:])
    for place in moved[90:690:150]:  # balances of the origin that do not add up
        row = rows[place]
        rows[place] = (*row[:5], row[5] + 12_345, *row[6:])
    late = [rows[place] for place in moved[-140:-20:15]]
    again = [rows[place] for place in moved[100:700:150]]
    twice = (90, "PAYMENT", 4_200, "C990000001", 0, 0, "M500000000", 0, 0, 0, 0)  # nothing moved: both can be real
    kept = [row for row in rows if row not in late]
    return [*kept[:900], twice, *kept[900:1000], twice, *kept[1000:], *again, *late]


def _line(row: Row) -> list[str]:
    cents = {2, 4, 5, 7, 8}
    return [f"{value / 100:.2f}" if place in cents else str(value) for place, value in enumerate(row)]  # type: ignore[operator]


def write_csv(path: Path, steps: Iterator[list[Row]]) -> None:
    """Write the rows of all steps to one file."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file, lineterminator="\n")
        table.writerow(HEADER)
        for rows in steps:
            table.writerows(map(_line, rows))


def write_seed(folder: Path) -> None:
    """Write the seed, with its defects, to `folder`."""
    rows = [row for step in _Bank(SEED_ROWS, SEED_STEPS, 20240117).run() for row in step]
    folder.mkdir(parents=True, exist_ok=True)
    write_csv(folder / "paysim_transactions.csv", iter([plant_defects(rows)]))


def write_big(path: Path, rows: int, steps: int, seed: int) -> None:
    """Write CSV, or Parquet if the name says so. There are no defects but those that PaySim has by nature."""
    table = path.with_suffix(".csv")
    write_csv(table, _Bank(rows, steps, seed).run())
    if path.suffix == ".parquet":
        import duckdb

        duckdb.execute(f"copy (from read_csv('{table}')) to '{path}' (format parquet)")
        table.unlink()


if __name__ == "__main__":
    here = Path(__file__).resolve().parents[2] / "seeds" / "fraud"
    options = argparse.ArgumentParser(description="Invented transactions in PaySim's layout.")
    options.add_argument("path", nargs="?", type=Path, default=here, help="folder of the seed, or a file with --rows")
    options.add_argument("--rows", type=int, help="about so many rows instead of the seed")
    options.add_argument("--steps", type=int, default=744, help="hours, with --rows")
    options.add_argument("--seed", type=int, default=7, help="of the random numbers, with --rows")
    given = options.parse_args()
    if given.rows:
        write_big(given.path, given.rows, given.steps, given.seed)
    else:
        write_seed(given.path)
