"""The fraud application as a whole: its seed, its figures, what its features know, its incremental models."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

from tests.applications import fraud_by_hand as by_hand
from tests.applications.sample import ROOT, Copy

SEEDS = ROOT / "seeds" / "fraud"
LATE_ROWS = 8  # at the end of the seed, after rows sent again: see the seed generator
CUT_OFF = 120  # the end of day 5
FEATURES = "main_fraud_marts.fct_transaction_features"
INCREMENTAL = (FEATURES, "main_fraud_intermediate.int_entries_profiled")


@pytest.fixture(scope="module")
def expected() -> list[tuple[by_hand.Transaction, bool, by_hand.Features]]:
    seed = by_hand.read(SEEDS / "paysim_transactions.csv")
    entries = by_hand.pasts([transaction for transaction, _ in seed])
    return [(transaction, label, by_hand.features(transaction, entries)) for transaction, label in seed]


def features(project: Copy, path: Path, *options: str) -> None:
    """Build the features, and nothing else, from a file or from the one in a folder."""
    names = f"{{paysim_path: '{path}'{''.join(f', {option}' for option in options)}}}"
    project.dbt("run", "--select", "+fct_transaction_features", "--vars", names)


def rules() -> list[dict[str, str]]:
    with (SEEDS / "alert_rules.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_seed_is_what_the_generator_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "seeds" / "paysim.py", tmp_path], check=True)
    written = (tmp_path / "paysim_transactions.csv").read_bytes()
    assert written == (SEEDS / "paysim_transactions.csv").read_bytes()


def test_planted_defects_are_the_only_warnings(built: Copy) -> None:
    assert built.warnings("fraud") == {"assert_transactions_are_sent_once": 4, "assert_balances_add_up": 4}


def test_features_agree_with_a_count_by_hand(
    built: Copy, expected: list[tuple[by_hand.Transaction, bool, by_hand.Features]]
) -> None:
    found = built.table(
        f"""
        select features.*, bookings.origin_new_balance, bookings.destination_old_balance,
            bookings.destination_new_balance
        from {FEATURES} as features
        inner join main_fraud_marts.fct_transactions as bookings using (transaction_id)
        """
    )
    by_content = {
        by_hand.Transaction(
            row["step"], row["transaction_type"], row["amount"],
            row["origin_id"], row["origin_old_balance"], row["origin_new_balance"],
            row["destination_id"], row["destination_old_balance"], row["destination_new_balance"],
        ): row
        for row in found
    }  # fmt: skip
    assert len(found) == len(expected)
    request = {"transaction_id", "step", "day_number", "transaction_type", "origin_id", "destination_id", "amount"}
    request |= {f"{role}_{when}_balance" for role in ("origin", "destination") for when in ("old", "new")}
    for transaction, _, known in expected:
        row = by_content[transaction]
        assert set(row) - request == set(known)
        for name, value in known.items():
            if name == "amount_zscore" and value is not None and known["origin_paid_stddev"] < 10:
                continue  # the mart rounds the deviation to cents before it divides
            tolerance = 0.006 if name.startswith("origin_paid") else max(0.0002, abs(float(value or 0)) * 0.002)
            close = pytest.approx(float(value), abs=tolerance) if isinstance(value, float) else value
            shown = float(row[name]) if isinstance(value, float) and row[name] is not None else row[name]
            assert shown == close, (name, transaction)


def test_scores_agree_with_a_count_by_hand(
    built: Copy, expected: list[tuple[by_hand.Transaction, bool, by_hand.Features]]
) -> None:
    alerted: Counter[str] = Counter()
    true: Counter[str] = Counter()
    for transaction, label, known in expected:
        met = by_hand.alerts(transaction, known, rules())
        for rule in [*met, "ANY"] if met else []:
            alerted[rule] += 1
            true[rule] += label
    fraud = sum(label for _, label, _ in expected)
    found = built.table("select * from main_fraud_marts.fct_rule_scorecard where rule_id <> 'SOURCE'")
    assert {row["rule_id"]: (row["alert_count"], row["true_alert_count"], row["fraud_count"]) for row in found} == {
        rule: (alerted[rule], true[rule], fraud) for rule in [*(each["rule_id"] for each in rules()), "ANY"]
    }
    assert all(alerted[each["rule_id"]] for each in rules()), "the seed has something for every rule"
    for row in found:
        assert float(row["alert_precision"]) == pytest.approx(true[row["rule_id"]] / alerted[row["rule_id"]], abs=1e-4)
        assert float(row["alert_recall"]) == pytest.approx(true[row["rule_id"]] / fraud, abs=1e-4)


def test_reconciliation_agrees_with_a_count_by_hand(
    built: Copy, expected: list[tuple[by_hand.Transaction, bool, by_hand.Features]]
) -> None:
    counted: Counter[tuple[str, str, str]] = Counter()
    for row in built.table("select * from main_fraud_marts.fct_balance_reconciliation"):
        for status in ("adds up", "no balance", "untracked", "overdrawn", "does not add up"):
            counted[row["transaction_type"], row["account_role"], status] += row[f"{status.replace(' ', '_')}_count"]
    assert +counted == by_hand.statuses([transaction for transaction, _, _ in expected])


def test_neither_labels_nor_later_balances_are_features(built: Copy) -> None:
    columns = {name for name, *_ in built.rows(f"describe {FEATURES}")}
    assert not {name for name in columns if "fraud" in name or "flag" in name or "new_balance" in name}


def test_features_know_nothing_of_later_days_nor_of_the_order_in_which_rows_come(built: Copy, tmp_path: Path) -> None:
    """Three builds, each upon the one before: data cut off at the end of a day, all but late rows, everything.

    The first must give that day and those before it the features that the whole data gives them; the last, taken up
    row by row, late and doubled ones among them, must give what one build of everything gives.
    """
    project = Copy.of(tmp_path, "fraud")
    header, *lines = (SEEDS / "paysim_transactions.csv").read_text().splitlines()
    transactions = tmp_path / "transactions.csv"

    transactions.write_text("\n".join([header, *lines]))
    features(project, transactions, f"paysim_last_step: {CUT_OFF}")
    cut_off = project.content(FEATURES)
    assert cut_off == built.content(FEATURES, f"step <= {CUT_OFF}")
    assert len({row[2] for row in cut_off}) == 5

    transactions.write_text("\n".join([header, *lines[-LATE_ROWS - 1 :: -1]]))
    features(project, tmp_path)
    without = [project.content(relation) for relation in INCREMENTAL]
    transactions.write_text("\n".join([header, *lines]))
    features(project, tmp_path)
    taken_up = [project.content(relation) for relation in INCREMENTAL]
    assert [len(rows) for rows in taken_up] == [len(without[0]) + LATE_ROWS, len(without[1]) + 2 * LATE_ROWS]
    assert len(set(without[0]) - set(taken_up[0])) > 0, "the late rows change what others knew"
    assert taken_up == [built.content(relation) for relation in INCREMENTAL]
