"""The supply chain application as a whole: its seeds, its figures, its incremental model, its documentation."""

from __future__ import annotations

import csv
import json
import os
import shutil
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from statistics import NormalDist
from typing import Any

import duckdb
import pytest

from tests import supply_chain_by_hand as by_hand
from tests import tpch_on_marts

ROOT = Path(__file__).resolve().parents[2]
SEEDS = ROOT / "seeds" / "supply_chain"
LATE_LINES = 60  # at the end of the lines, left out of the first build
OLD_BALANCE = "1.00"  # of the first supplier, in the first build
LINES = "main_supply_chain_intermediate.int_lines_delivered"


class Copy:
    """A copy of this application with a warehouse of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name in ("models/supply_chain", "macros", "seeds/supply_chain", "tests/generic", "tests/supply_chain"):
            shutil.copytree(ROOT / name, folder / name)
        shutil.copytree(ROOT / "profiles", folder / "profiles")
        shutil.copy(ROOT / "dbt_project.yml", folder)

    def dbt(self, *command: str) -> None:
        """Run dbt in a process of its own, as it would keep the warehouse open in this one."""
        ran = subprocess.run(
            [sys.executable, "-m", "dbt.cli.main", *command, "--profiles-dir", "profiles", "--quiet"],
            check=False,
            cwd=self.folder,
            env={**os.environ, "DATAOPS_WAREHOUSE": "."},
            capture_output=True,
            text=True,
        )
        assert ran.returncode == 0, ran.stdout

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.folder / "dev.duckdb"), read_only=True) as warehouse:
            warehouse.execute("use main_supply_chain_marts")
            return warehouse.execute(sql).fetchall()

    def artifact(self, name: str) -> Any:
        return json.loads((self.folder / "target" / f"{name}.json").read_text())

    def arrive_early(self) -> dict[Path, str]:
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


class Built(Copy):
    """Built twice, the second time incrementally with all lines and with all tests."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        whole = self.arrive_early()
        kinds = ("--exclude-resource-type", "test", "unit_test")
        self.dbt("build", "--select", "+int_lines_delivered", "+snap_suppliers", *kinds)
        self.early = self.rows(f"select * from {LINES} order by all")
        for path, text in whole.items():
            path.write_text(text)
        self.dbt("build")
        self.results = self.artifact("run_results")["results"]
        self.incremental = self.rows(f"select * from {LINES} order by all")


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    return Built(tmp_path_factory.mktemp("built"))


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


def test_planted_defects_are_the_only_warnings(built: Built) -> None:
    warnings = {each["unique_id"].split(".")[2]: each["failures"] for each in built.results if each["status"] == "warn"}
    assert warnings == {
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


def test_lead_times_agree_with_a_count_by_hand(built: Built, export: by_hand.Export) -> None:
    expected = by_hand.lead_times(export)
    found = built.rows(
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


def test_weekly_demand_agrees_with_a_count_by_hand(built: Built, export: by_hand.Export) -> None:
    found = built.rows("select part_id, week_start, ordered_quantity from fct_part_weekly_demand")
    assert {(part, week): quantity for part, week, quantity in found} == by_hand.weekly_demand(export)


def test_proposals_agree_with_the_formula_by_hand(built: Built, export: by_hand.Export) -> None:
    found = built.rows("select part_id, supplier_id, proposed_quantity from fct_reorder_proposals")
    assert {(part, supplier): quantity for part, supplier, quantity in found} == by_hand.proposals(export)
    decisions = built.rows("select distinct decision from main_supply_chain_intermediate.int_positions_decided")
    assert {decision for (decision,) in decisions} == {
        "reorder",
        "above reorder point",
        "above target cover",
        "no demand",
    }


def test_service_agrees_with_a_count_by_hand(built: Built, export: by_hand.Export) -> None:
    found = built.rows(
        """
        select supplier_id, due_month, due_count, on_time_count, in_full_count, on_time_in_full_count
        from fct_supplier_service_months
        """
    )
    assert {(supplier, month): tuple(counts) for supplier, month, *counts in found} == by_hand.service(export)


def test_open_orders_agree_with_a_count_by_hand(built: Built, export: by_hand.Export) -> None:
    found = built.rows("select order_id, age_days, open_line_count, is_overdue from fct_open_orders")
    assert {order: tuple(facts) for order, *facts in found} == by_hand.open_orders(export)


def test_marts_answer_the_questions_of_tpch(built: Built, export: by_hand.Export) -> None:
    """All can be asked; two of them are worked out by hand. The published answers are for scale factor 1."""
    with duckdb.connect(str(built.folder / "dev.duckdb"), read_only=True) as warehouse:
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


def test_incremental_and_full_builds_are_alike(built: Built) -> None:
    assert len(built.incremental) == len(built.early) + LATE_LINES
    assert len(set(built.early) - set(built.incremental)) == 1  # the corrected line
    built.dbt("run", "--full-refresh", "--select", "int_lines_delivered")
    assert built.rows(f"select * from {LINES} order by all") == built.incremental


def test_snapshot_keeps_the_balance_that_was(built: Built) -> None:
    history = built.rows(
        """
        select account_balance_usd, dbt_valid_to < timestamp '9999-01-01'
        from main_supply_chain_snapshots.snap_suppliers where supplier_id = 1 order by dbt_valid_from
        """
    )
    balance = next(iter(csv.DictReader((SEEDS / "tpch_supplier.csv").read_text().splitlines())))["s_acctbal"]
    assert history == [(Decimal(OLD_BALANCE), True), (Decimal(balance), False)]
    assert len(built.rows("from main_supply_chain_snapshots.snap_suppliers")) == 13


def test_every_model_and_column_is_described(built: Built) -> None:
    manifest = built.artifact("manifest")
    kinds = {"model", "seed", "snapshot"}
    nodes = [node for node in manifest["nodes"].values() if node["resource_type"] in kinds]
    assert len(nodes) > 35
    for node in nodes:
        columns = built.rows(
            "select lower(column_name) from information_schema.columns "
            f"where table_schema = '{node['schema']}' and table_name = '{node['alias']}'"
        )
        described = {name.lower() for name, column in node["columns"].items() if column["description"]}
        assert node["description"], node["name"]
        assert described == {name for (name,) in columns}, node["name"]
