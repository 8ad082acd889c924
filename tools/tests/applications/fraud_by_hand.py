"""The fraud features and scores a second time, in plain Python that looks at one transaction after another.

Nothing here follows the SQL: an account's past is a list, and each feature is read off it with a loop. It is slow on
purpose, and only meant for the seed.
"""

from __future__ import annotations

import csv
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import sqrt
from pathlib import Path
from typing import Any

Features = dict[str, Any]
NEAR, THRESHOLD, PASS_THROUGH = Decimal(180_000), Decimal(200_000), 24


@dataclass(frozen=True)
class Transaction:
    step: int
    kind: str
    amount: Decimal
    origin: str
    old: Decimal
    new: Decimal
    destination: str
    there_old: Decimal
    there_new: Decimal


@dataclass(frozen=True)
class Entry:
    step: int
    amount: Decimal
    other: str
    paid: bool
    received: bool


def read(seed: Path) -> list[tuple[Transaction, bool]]:
    """Transactions with their label, each once: a row alike counts only if the origin's balance stayed."""
    labels: dict[Transaction, list[bool]] = defaultdict(list)
    with seed.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            key = Transaction(
                int(row["step"]), row["type"], Decimal(row["amount"]),
                row["nameOrig"], Decimal(row["oldbalanceOrg"]), Decimal(row["newbalanceOrig"]),
                row["nameDest"], Decimal(row["oldbalanceDest"]), Decimal(row["newbalanceDest"]),
            )  # fmt: skip
            labels[key].append(row["isFraud"] == "1")
    found = []
    for key, marks in labels.items():
        found += [(key, any(marks))] if key.old != key.new else [(key, mark) for mark in marks]
    return found


def pasts(transactions: list[Transaction]) -> dict[str, list[Entry]]:
    """What each account did, by account."""
    entries: dict[str, list[Entry]] = defaultdict(list)
    for each in transactions:
        deposit = each.kind == "CASH_IN"
        entries[each.origin].append(Entry(each.step, each.amount, each.destination, not deposit, deposit))
        entries[each.destination].append(Entry(each.step, each.amount, each.origin, False, not deposit))
    return entries


def features(asked: Transaction, entries: dict[str, list[Entry]]) -> Features:
    origin = [entry for entry in entries[asked.origin] if entry.step < asked.step]
    there = [entry for entry in entries[asked.destination] if entry.step < asked.step]
    out: Features = {}
    for role, past in (("origin", origin), ("destination", there)):
        out |= _velocity(role, past, asked.step)
        first = {entry.other: entry.step for entry in sorted(past, key=lambda entry: -entry.step)}
        out[f"{role}_counterparty_count"] = len(first)
        out[f"{role}_new_counterparty_count_24"] = sum(asked.step - step <= 24 for step in first.values())
        receipts = [entry.step for entry in past if entry.received]
        out[f"{role}_steps_since_received"] = asked.step - max(receipts) if receipts else None
    recent = [entry for entry in origin if asked.step - entry.step <= 24 and entry.paid]
    out["origin_near_threshold_count_24"] = sum(_near(entry.amount) for entry in recent)
    recent = [entry for entry in there if asked.step - entry.step <= 24 and entry.received]
    out["destination_near_threshold_count_24"] = sum(_near(entry.amount) for entry in recent)
    out |= _history(asked.amount, [entry.amount for entry in origin if entry.paid])
    out["has_new_counterparty"] = all(entry.other != asked.destination for entry in origin)
    out["is_near_threshold"] = _near(asked.amount)
    out["empties_origin"] = asked.kind != "CASH_IN" and 0 < asked.old <= asked.amount
    since = out["origin_steps_since_received"]
    out["passes_money_through"] = out["empties_origin"] and since is not None and since <= PASS_THROUGH
    return out


def _near(amount: Decimal) -> bool:
    return NEAR <= amount < THRESHOLD


def _velocity(role: str, past: list[Entry], step: int) -> Features:
    out: Features = {}
    tests: dict[str, Callable[[Entry], bool]] = {"paid": lambda entry: entry.paid, "received": lambda e: e.received}
    for what, holds in tests.items():
        for steps in (1, 24, 168):
            amounts = [entry.amount for entry in past if holds(entry) and step - entry.step <= steps]
            out[f"{role}_{what}_count_{steps}"] = len(amounts)
            out[f"{role}_{what}_amount_{steps}"] = sum(amounts, Decimal(0))
    return out


def _history(amount: Decimal, paid: list[Decimal]) -> Features:
    number = len(paid)
    mean = float(Fraction(sum(paid, Decimal(0))) / number) if number else None
    spread = None
    if number > 1:
        middle = Fraction(sum(paid, Decimal(0))) / number
        spread = sqrt(sum((Fraction(each) - middle) ** 2 for each in paid) / (number - 1))
    score = (float(amount) - mean) / spread if mean is not None and spread else None
    return {
        "origin_paid_count": number,
        "origin_paid_mean": mean,
        "origin_paid_stddev": spread,
        "origin_paid_max": max(paid, default=None),
        "amount_to_max_ratio": float(amount / max(paid)) if paid else None,
        "amount_zscore": score,
    }


def alerts(asked: Transaction, known: Features, rules: list[dict[str, str]]) -> list[str]:
    """The rules that a transaction meets."""
    known = {**known, "amount": asked.amount}
    return [rule["rule_id"] for rule in rules if _meets(asked, known, rule)]


def _meets(asked: Transaction, known: Features, rule: dict[str, str]) -> bool:
    for name, bound in rule.items():
        value = known.get(name.partition("_")[2])
        if name.startswith("min_") and bound and (value is None or float(value) < float(bound)):
            return False
        if name.startswith("needs_") and bound == "true" and not value:
            return False
    return rule["transaction_type"] in ("", asked.kind)


def statuses(transactions: list[Transaction]) -> Counter[tuple[str, str, str]]:
    """Number of sides by type, role and whether the balances add up."""
    counts: Counter[tuple[str, str, str]] = Counter()
    for each in transactions:
        moved = each.amount if each.kind == "CASH_IN" else -each.amount
        counts[each.kind, "origin", _status(each.origin, each.old, each.new, moved)] += 1
        counts[each.kind, "destination", _status(each.destination, each.there_old, each.there_new, -moved)] += 1
    return counts


def _status(account: str, old: Decimal, new: Decimal, moved: Decimal) -> str:
    if account.startswith("M"):
        return "no balance"
    if abs(old + moved - new) <= Decimal("0.01"):
        return "adds up"
    if not old and not new:
        return "untracked"
    return "overdrawn" if not new and old + moved < 0 else "does not add up"
