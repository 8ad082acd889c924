"""The healthcare application as a whole: its seeds, its figures, its incremental model, its documentation."""

from __future__ import annotations

import csv
import hashlib
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import yaml

from tests.applications import healthcare_by_hand as by_hand
from tests.applications.sample import ROOT, Copy
from tests.shop import Shop, dump

SEEDS = ROOT / "seeds" / "healthcare"
LATE_ROWS = 8  # at the end of the encounters: see the seed generator


def reference(name: str) -> list[dict[str, str]]:
    with (SEEDS / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_seeds_are_what_the_generator_writes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "seeds" / "synthea.py", tmp_path], check=True)
    written = {path.name: path.read_bytes() for path in tmp_path.glob("*.csv")}
    assert written == {path.name: path.read_bytes() for path in SEEDS.glob("synthea_*.csv")}


def test_planted_defects_are_the_only_warnings(built: Copy) -> None:
    assert built.warnings("healthcare") == {
        "assert_source_ids_are_sent_once": 5,
        "encounters_end_after_they_start": 2,
        "assert_births_are_possible": 1,
        "assert_no_care_after_death": 2,
    }


def test_readmissions_agree_with_a_count_by_hand(built: Copy) -> None:
    planned = {row["care_code"] for row in reference("planned_care_codes")}
    expected = by_hand.readmissions(by_hand.Export.read(SEEDS, "synthea_"), planned)
    found = built.rows(
        """
        select discharge_year, count(*), count(*) filter (is_index_admission), count(*) filter (is_readmitted)
        from main_healthcare_marts.fct_admissions
        group by discharge_year
        """
    )
    assert {year: tuple(counts) for year, *counts in found} == expected
    assert sum(counts[2] for counts in expected.values()) > 0
    rates = built.rows(
        "select discharge_year, index_count, readmission_count from main_healthcare_marts.fct_readmission_rates"
    )
    assert {year: counts for year, *counts in rates} == {
        year: list(counts[1:]) if counts[1] >= 11 else [None, None] for year, counts in expected.items()
    }


def test_coverage_agrees_with_a_count_by_day(built: Copy) -> None:
    drugs = {row["drug_code"]: (row["ingredient"], row["drug_class"]) for row in reference("maintenance_drug_codes")}
    expected = by_hand.coverage(by_hand.Export.read(SEEDS, "synthea_"), drugs)
    found = built.rows(
        """
        select drug_class, calendar_year, covered_days, treatment_days
        from main_healthcare_marts.fct_medication_continuity
        """
    )
    assert Counter(found) == expected


def test_monthly_costs_agree_with_a_sum_by_hand(built: Copy) -> None:
    expected = by_hand.monthly_costs(by_hand.Export.read(SEEDS, "synthea_"))
    found = built.rows(
        """
        select cost_month, member_count, medical_pmpm_usd, pharmacy_pmpm_usd
        from main_healthcare_marts.fct_monthly_costs
        """
    )
    assert {month for month, *_ in found} == set(expected)
    for month, count, medical, pharmacy in found:
        members, medical_usd, pharmacy_usd = expected[month]
        if members < 11:
            assert (count, medical, pharmacy) == (None, None, None)
        else:
            assert count == members
            assert float(medical) == pytest.approx(medical_usd / members, abs=0.006)
            assert float(pharmacy) == pytest.approx(pharmacy_usd / members, abs=0.006)


def test_no_protected_value_of_the_seeds_stands_in_a_mart(built: Copy) -> None:
    """What the proof says of the SQL, looked up in the data: no identifier, name, address, code or day is there."""
    protected: set[str] = set()
    for row in reference("synthea_patients"):
        names = (
            "Id",
            "BIRTHDATE",
            "DEATHDATE",
            "SSN",
            "FIRST",
            "LAST",
            "ADDRESS",
            "CITY",
            "COUNTY",
            "ZIP",
            "LAT",
            "LON",
        )
        protected |= {row[name] for name in names}
    for row in reference("synthea_encounters"):
        protected |= {row["Id"], row["START"][:10]}
    protected -= {""}
    protected -= {f"{year}-{month:02}-01" for year in (2021, 2022, 2023) for month in range(1, 13)}  # cost_month
    tables = built.rows(
        """
        select table_schema, table_name from information_schema.tables
        where table_schema in ('main_healthcare_marts', 'main_healthcare_snapshots')
        """
    )
    assert len(tables) == 9
    for schema, table in tables:
        hidden = "exclude (dbt_updated_at, dbt_valid_from, dbt_valid_to)" if table.startswith("snap") else ""
        values = {str(value) for row in built.rows(f"select * {hidden} from {schema}.{table}") for value in row}
        assert not values & protected, table


def test_production_has_no_public_salt(editions: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """The project's own macro and variables, in a smaller project."""
    declared = yaml.safe_load((ROOT / "dbt_project.yml").read_text(encoding="utf-8"))["vars"]
    named = {name: value for name, value in declared.items() if name.startswith("hash_salt")}
    editions.write("dbt_project.yml", editions.read("dbt_project.yml") + dump({"vars": named}))
    macro = "macros/privacy/hash_identifier.sql"
    editions.write(macro, (ROOT / macro).read_text(encoding="utf-8"))
    editions.write(
        "models/keyed.sql", "{{ config(materialized='table') }} select {{ hash_identifier(\"'a'\") }} as k\n"
    )
    key, live = "select k from keyed", editions.live
    monkeypatch.delenv("DATAOPS_HASH_SALT", raising=False)
    assert editions.ok("ci").out.count("Ready")
    for salt in ("", named["hash_salt"]):
        monkeypatch.setenv("DATAOPS_HASH_SALT", salt)
        ran = editions.run("deploy")
        assert ran.code in (1, 2)
        assert "set the environment variable DATAOPS_HASH_SALT" in " ".join((ran.out + ran.err).split())
        assert editions.live == live
    monkeypatch.setenv("DATAOPS_HASH_SALT", "it's secret")
    editions.ok("deploy")
    assert editions.query(key) == [(hashlib.sha256(b"it's secret|a").hexdigest(),)]


def test_late_encounters_leave_incremental_and_full_builds_alike(built: Copy, tmp_path: Path) -> None:
    project = Copy.of(tmp_path, "healthcare")
    encounters = project.folder / "seeds" / "healthcare" / "synthea_encounters.csv"
    whole = encounters.read_text()
    build = ("build", "--select", "+fct_encounters", "--exclude-resource-type", "test", "unit_test")
    relations = ("main_healthcare_intermediate.int_encounters_costed", "main_healthcare_marts.fct_encounters")

    encounters.write_text("".join(whole.splitlines(keepends=True)[:-LATE_ROWS]))
    project.dbt(*build)
    early = [project.content(relation) for relation in relations]
    encounters.write_text(whole)
    project.dbt(*build)
    incremental = [project.content(relation) for relation in relations]

    assert [len(rows) for rows in incremental] == [len(rows) + LATE_ROWS for rows in early]
    assert incremental == [built.content(relation) for relation in relations]
