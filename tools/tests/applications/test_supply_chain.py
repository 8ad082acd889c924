"""The supply chain application as a whole: its seeds, its figures, its incremental model, its documentation."""

from __future__ import annotations

import csv
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from pathlib import Path
from statistics import NormalDist
from typing import Any

import duckdb
import pytest

from tests.applications import supply_chain_by_hand as by_hand
from tests.applications import tpch_on_marts
from tests.applications.sample import ROOT, Copy

SEEDS = ROOT / "seeds" / "supply_chain"
LATE_LINES = 60  # at the end of the lines, left out of the first build
OLD_BALANCE = "1.00"  # of the first supplier, in the first build
LINES = "main_supply_chain_intermediate.int_lines_delivered"


class Arrived(Copy):
    """The application built twice: before its last lines came, and incrementally with all lines and all tests."""

    def build(self) -> None:
        """Build both times, and keep the lines of each."""
        whole = self._take_lines_away()
        kinds = ("--exclude-resource-type", "test", "unit_test")
        self.dbt("build", "--select", "+int_lines_delivered", "+snap_suppliers", *kinds)
        self.early = self.content(LINES)
        for path, text in whole.items():
            path.write_text(text)
        self.dbt("build")
        self.incremental = self.content(LINES)

    def _take_lines_away(self) -> dict[Path, str]:
        """Take the last lines away, undo what was corrected since, and return the files as they were."""
        seeds = self.folder / "seeds" / "supply_chain"
        whole = {path: path.read_text() for path in (seeds / "tpch_lineitem.csv", seeds / "tpch_supplier.csv")}
        (lines, all_lines), (suppliers, all_suppliers) = whole.items()
        early = all_lines.splitlines(keepends=True)[:-LATE_LINES]
        early[-9] = early[-9].replace(",R,F,", ",A,F,")  # kept at first, and returned since
        lines.write_text("".join(early))
        header, first, *others = all_suppliers.splitlines(keepends=True)
        values = first.split(",")
        values[5] = OLD_BALANCE
        suppliers.write_text("".join([header, ",".join(values), *others]))
        return whole


@pytest.fixture(scope="module")
def arrived(tmp_path_factory: pytest.TempPathFactory) -> Arrived:
    project = Arrived.of(tmp_path_factory.mktemp("arrived"), "supply_chain")
    project.build()
    return project


Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def ask(built: Copy) -> Ask:
    """Asks the marts of this application."""
    return partial(built.rows, schema="main_supply_chain_marts")


@pytest.fixture(scope="module")
def export() -> by_hand.Export:
    return by_hand.Export.read(SEEDS)


def test_seeds_are_what_the_generator_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "seeds" / "tpch.py", tmp_path], check=True)
    written = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert written == {path.name: path.read_bytes() for path in SEEDS.glob("tpch_*.csv")}


def test_z_scores_are_quantiles_of_the_normal_distribution() -> None:
    with (SEEDS / "service_levels.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 5
    for row in rows:
        assert row["z_score"] == f"{NormalDist().inv_cdf(float(row['service_level'])):.4f}"


def test_planted_defects_are_the_only_warnings(built: Copy) -> None:
    assert built.warnings("supply_chain") == {
        "assert_tpch_keys_are_sent_once": 6,
        "assert_order_totals_match_their_lines": 1,
        "lines_are_of_known_orders": 1,
        "lines_are_of_known_suppliers": 1,
        "lines_are_received_after_they_are_shipped": 1,
        "lines_are_shipped_after_they_are_ordered": 3,
        "orders_are_of_known_customers": 1,
        "positions_are_of_known_parts": 1,
        "stock_is_not_negative": 2,
    }


def test_lead_times_agree_with_a_count_by_hand(ask: Ask, export: by_hand.Export) -> None:
    expected = by_hand.lead_times(export)
    found = ask(
        """
        select supplier_id, receipt_count, average_lead_time_days, lead_time_spread_days, is_lead_time_borrowed
        from fct_supplier_lead_times_v2
        """
    )
    assert {supplier for supplier, *_ in found} == set(expected)
    for supplier, count, average, spread, is_borrowed in found:
        assert (count, is_borrowed) == (expected[supplier][0], expected[supplier][3])
        assert float(average) == pytest.approx(expected[supplier][1], abs=0.0001)
        assert float(spread) == pytest.approx(expected[supplier][2], abs=0.0001)
    assert any(is_borrowed for *_, is_borrowed in found)


def test_weekly_demand_agrees_with_a_count_by_hand(ask: Ask, export: by_hand.Export) -> None:
    found = ask("select part_id, week_start, ordered_quantity from fct_part_weekly_demand")
    assert {(part, week): quantity for part, week, quantity in found} == by_hand.weekly_demand(export)


def test_proposals_agree_with_the_formula_by_hand(ask: Ask, export: by_hand.Export) -> None:
    found = ask("select part_id, supplier_id, proposed_quantity from fct_reorder_proposals")
    assert {(part, supplier): quantity for part, supplier, quantity in found} == by_hand.proposals(export)
    decisions = ask("select distinct decision from main_supply_chain_intermediate.int_positions_decided")
    assert {decision for (decision,) in decisions} == {
        "reorder",
        "above reorder point",
        "above target cover",
        "no demand",
    }


def test_service_agrees_with_a_count_by_hand(ask: Ask, export: by_hand.Export) -> None:
    found = ask(
        """
        select supplier_id, due_month, due_count, on_time_count, in_full_count, on_time_in_full_count
        from fct_supplier_service_months
        """
    )
    assert {(supplier, month): tuple(counts) for supplier, month, *counts in found} == by_hand.service(export)


def test_open_orders_agree_with_a_count_by_hand(ask: Ask, export: by_hand.Export) -> None:
    found = ask("select order_id, age_days, open_line_count, is_overdue from fct_open_orders")
    assert {order: tuple(facts) for order, *facts in found} == by_hand.open_orders(export)


def test_marts_answer_the_questions_of_tpch(built: Copy, export: by_hand.Export) -> None:
    """All can be asked; two of them are worked out by hand. The published answers are for scale factor 1."""
    with duckdb.connect(str(built.folder / built.database), read_only=True) as warehouse:
        warehouse.execute("use main_supply_chain_marts")
        found = tpch_on_marts.answers(warehouse)
    assert len(found) == 20
    groups: dict[tuple[str, str], list[Decimal]] = {}
    for line in export.lines:
        if line["l_shipdate"] <= "1998-09-02":
            quantity, price, discount, tax = (
                Decimal(line[f"l_{name}"]) for name in ("quantity", "extendedprice", "discount", "tax")
            )
            revenue = price * (1 - discount)
            sums = groups.setdefault((line["l_returnflag"], line["l_linestatus"]), [Decimal(0)] * 5)
            for place, value in enumerate((quantity, price, revenue, revenue * (1 + tax), Decimal(1))):
                sums[place] += value
    assert {(row[0], row[1]): [*row[2:6], row[9]] for row in found[1]} == groups


def test_incremental_and_full_builds_are_alike(arrived: Arrived, built: Copy) -> None:
    assert len(arrived.incremental) == len(arrived.early) + LATE_LINES
    assert len(set(arrived.early) - set(arrived.incremental)) == 1  # the corrected line
    assert built.content(LINES) == arrived.incremental


def test_snapshot_keeps_the_balance_that_was(arrived: Arrived) -> None:
    history = arrived.rows(
        """
        select account_balance_usd, dbt_valid_to < timestamp '9999-01-01'
        from main_supply_chain_snapshots.snap_suppliers where supplier_id = 1 order by dbt_valid_from
        """
    )
    balance = next(iter(csv.DictReader((SEEDS / "tpch_supplier.csv").read_text().splitlines())))["s_acctbal"]
    assert history == [(Decimal(OLD_BALANCE), True), (Decimal(balance), False)]
    assert len(arrived.rows("from main_supply_chain_snapshots.snap_suppliers")) == 13
