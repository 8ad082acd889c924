"""The proof holds for the shipped project, and each way round it that we can think of is found."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from dataops.sql.privacy import Exposure, exposures
from tests.applications.sample import SALT, Released

Manifest = dict[str, Any]


@pytest.fixture(scope="module")
def shipped(built: Released) -> Manifest:
    """The manifest of this project, with the SQL that its release ran."""
    manifest = built.artifact("manifest")
    assert all(node["compiled_code"] for node in manifest["nodes"].values() if node["resource_type"] == "model")
    return {part: manifest[part] for part in ("metadata", "nodes", "sources", "exposures")}


@pytest.fixture(scope="module")
def healthcare(shipped: Manifest) -> Manifest:
    """What of it reads the protected sources: the other applications share nothing with them."""
    nodes = {key: node for key, node in shipped["nodes"].items() if node["fqn"][1] == "healthcare"}
    assert len(nodes) > 100
    return {**shipped, "nodes": nodes}


def changed(manifest: Manifest, model: str, old: str, new: str) -> Manifest:
    """The manifest with a piece of one model's compiled SQL replaced."""
    manifest = copy.deepcopy(manifest)
    node = next(node for node in manifest["nodes"].values() if node["name"] == model)
    assert old in node["compiled_code"]
    node["compiled_code"] = node["compiled_code"].replace(old, new)
    return manifest


def columns(found: tuple[Exposure, ...]) -> set[tuple[str, str]]:
    return {(exposure.column, exposure.source) for exposure in found}


def test_shipped_project_exposes_nothing(shipped: Manifest) -> None:
    assert exposures(shipped) == ()


def test_shipped_project_has_something_to_expose(shipped: Manifest) -> None:
    """Without the declarations every protected column that a mart reads is found: the proof is not empty of itself."""
    bare = copy.deepcopy(shipped)
    for node in bare["nodes"].values():
        for column in node["columns"].values():
            column["config"]["meta"] = column["meta"] = {}
    found = columns(exposures(bare))
    assert ("dim_patients.patient_key", "synthea_patients.id") in found
    assert ("dim_patients.zip3", "synthea_patients.zip") in found
    assert ("fct_admissions.length_of_stay_days", "synthea_encounters.stop") in found
    assert ("fct_condition_cohorts.is_controlled", "synthea_observations.value") in found
    assert ("snap_patients.birth_year", "synthea_patients.birthdate") in found
    assert {source.split(".")[0] for _, source in found} >= {
        "synthea_patients", "synthea_encounters", "synthea_conditions", "synthea_medications", "synthea_observations",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("model", "old", "new", "column", "source"),
    [
        pytest.param(
            "dim_patients", "patients.gender,", "cast(patients.birth_date as varchar) as gender,",
            "dim_patients.gender", "synthea_patients.birthdate", id="raw birth date",
        ),
        pytest.param(
            "stg_synthea__patients", "race as race", "first || ' ' || last as race",
            "dim_patients.race", "synthea_patients.last", id="raw name, joined two layers below",
        ),
        pytest.param(
            "int_patients_generalised", "state,", "zip as state,",
            "dim_patients.state", "synthea_patients.zip", id="raw ZIP code under another name",
        ),
        pytest.param(
            "fct_member_years", "select * from", "select *, patient_id as calendar_year from",
            "fct_member_years.calendar_year", "synthea_encounters.patient", id="identifier through a CTE",
        ),
        pytest.param(
            "int_patients_generalised", ", 1, 3)", ", 1, 5)",
            "dim_patients.zip3", "synthea_patients.zip", id="five digits of the ZIP code",
        ),
        pytest.param(
            "int_patients_generalised", "then '000'", "then null",
            "dim_patients.zip3", "synthea_patients.zip", id="ZIP code without the rule for small areas",
        ),
        pytest.param(
            "int_patients_generalised", "when age_years >= 90 then '90+'", "when age_years >= 90 then '90-99'",
            "dim_patients.age_band", "synthea_patients.birthdate", id="ages over 89 apart",
        ),
        pytest.param(
            "int_patients_generalised", "else 'unknown'", "else cast(age_years as varchar)",
            "dim_patients.age_band", "synthea_patients.birthdate", id="age as it is",
        ),
        pytest.param(
            "dim_patients", f"sha256('{SALT}|' || ", "sha256('' || ",
            "dim_patients.patient_key", "synthea_patients.id", id="hash without salt",
        ),
        pytest.param(
            "fct_encounters", "extract(year from encounters.started_at)", "extract(epoch from encounters.started_at)",
            "fct_encounters.encounter_year", "synthea_encounters.start", id="date as a number",
        ),
        pytest.param(
            "fct_admissions", "date_diff('day', admitted_at, discharged_at)",
            "date_diff('day', cast('1970-01-01' as timestamp), discharged_at)",
            "fct_admissions.length_of_stay_days", "synthea_encounters.stop", id="days since a known day",
        ),
        pytest.param(
            "int_members_costed", "members.patient_id,\n    months.month_start,",
            "members.patient_id,\n    members.first_month as month_start,",
            "fct_monthly_costs.cost_month", "synthea_encounters.start", id="month of one member",
        ),
        pytest.param(
            "fct_monthly_costs", "count(distinct patient_id) as integer)", "max(length(patient_id)) as integer)",
            "fct_monthly_costs.member_count", "synthea_encounters.patient", id="aggregate that is no count",
        ),
        pytest.param(
            "fct_condition_cohorts", "latest.hba1c_percent <= 9.0", "latest.hba1c_percent",
            "fct_condition_cohorts.is_controlled", "synthea_observations.value", id="value where a flag is declared",
        ),
        pytest.param(
            "fct_encounters", "encounters.payer_name,",
            "(select max(patients.birth_date) from patients) as payer_name,",
            "fct_encounters.payer_name", "synthea_patients.birthdate", id="subquery",
        ),
        pytest.param(
            "fct_encounters", "encounters.payer_name,",
            "first_value(encounters.patient_id) over (order by encounters.total_cost_usd) as payer_name,",
            "fct_encounters.payer_name", "synthea_encounters.patient", id="window",
        ),
        pytest.param(
            "fct_encounters", "encounters.payer_name,", "columns(encounters.*),",
            "fct_encounters.*", "synthea_encounters.start", id="columns chosen by pattern",
        ),
    ],
)  # fmt: skip
def test_change_that_exposes_is_found(
    healthcare: Manifest, model: str, old: str, new: str, column: str, source: str
) -> None:
    assert (column, source) in columns(exposures(changed(healthcare, model, old, new)))


@pytest.mark.parametrize(
    ("sql", "reason"),
    [
        ("select patient_key from nowhere.patients", "is no model, seed or source"),
        ("select * from read_csv('patients.csv')", "reads from"),
        ("select from where", "cannot be parsed"),
        ("pivot int_patients_generalised on gender", "turns rows into columns"),
    ],
)
def test_sql_that_cannot_be_followed_counts_as_exposed(healthcare: Manifest, sql: str, reason: str) -> None:
    manifest = copy.deepcopy(healthcare)
    node = next(node for node in manifest["nodes"].values() if node["name"] == "dim_patients")
    node["compiled_code"] = sql
    found = [exposure for exposure in exposures(manifest) if exposure.column.startswith("dim_patients.")]
    assert {exposure.column for exposure in found} == {"dim_patients.*"}
    assert all(reason in exposure.reason for exposure in found)
    assert "synthea_patients.id" in {exposure.source for exposure in found}


def test_model_that_was_not_compiled_counts_as_exposed(healthcare: Manifest) -> None:
    manifest = copy.deepcopy(healthcare)
    next(node for node in manifest["nodes"].values() if node["name"] == "stg_synthea__payers")["compiled_code"] = None
    assert exposures(manifest) == ()  # nothing protected goes in
    next(node for node in manifest["nodes"].values() if node["name"] == "fct_encounters")["compiled_code"] = None
    assert {exposure.column for exposure in exposures(manifest)} == {"fct_encounters.*"}


def test_path_and_reason_lead_to_the_place_to_mend(healthcare: Manifest) -> None:
    manifest = changed(healthcare, "int_patients_generalised", ", 1, 3)", ", 1, 4)")
    found = {exposure.column: exposure for exposure in exposures(manifest)}["dim_patients.zip3"]
    assert found.path == (
        "synthea_patients.zip",
        "stg_synthea__patients.zip",
        "int_patients_generalised.zip3",
        "dim_patients.zip3",
    )
    assert found.reason == "int_patients_generalised.zip3 declares zip3, which its SQL does not show"


def small(adapter: str, sql: str, kind: str | None) -> Manifest:
    """A project of one tagged source and one public model."""
    tagged = {"tags": ["pii"], "config": {}}
    database = None if adapter == "spark" else "lake"
    return {
        "metadata": {"adapter_type": adapter},
        "exposures": {},
        "sources": {
            "source.s.raw.people": {
                "resource_type": "source", "name": "people", "identifier": "people", "database": database,
                "schema": "raw", "columns": {"id": tagged, "born": tagged, "seen": tagged, "city": {"tags": []}},
            }
        },
        "nodes": {
            "model.s.people": {
                "resource_type": "model", "name": "people", "alias": "people", "database": database, "schema": "mart",
                "access": "public", "language": "sql", "compiled_code": sql,
                "depends_on": {"nodes": ["source.s.raw.people"]},
                "columns": {"answer": {"meta": {"deidentified": kind} if kind else {}}},
            }
        },
    }  # fmt: skip


@pytest.mark.parametrize(
    ("adapter", "kind", "expression", "is_clean"),
    [
        ("postgres", "hash", "encode(sha256(convert_to('long-salt|' || id, 'UTF8')), 'hex')", True),
        ("postgres", "hash", "encode(sha256(convert_to(id, 'UTF8')), 'hex')", False),
        ("postgres", "hash", "encode(sha256(convert_to('long-salt|' || id, 'UTF8')), 'hex') || id", False),
        ("postgres", "offset", "(cast(seen as date) - cast(born as date))", True),
        ("postgres", "offset", "(cast(seen as date) - date '1970-01-01')", False),
        ("postgres", "offset", "(cast(seen as date) - cast(city as date))", False),
        ("postgres", "year", "cast(extract(year from born) as integer)", True),
        ("postgres", "year", "extract(doy from born)", False),
        ("postgres", None, "extract(year from born)", False),
        ("postgres", "guesswork", "extract(year from born)", False),
        ("spark", "hash", "sha2('long-salt|' || id, 256)", True),
        ("spark", "offset", "datediff(seen, born)", True),
        ("spark", "count", "count(distinct id)", True),
        ("spark", "count", "max(id)", False),
        ("snowflake", "flag", "case when born is null then 'no' else 'yes' end", True),
        ("snowflake", "flag", "coalesce(born, seen)", False),
        ("snowflake", None, "city", True),
        ("snowflake", None, "nickname", False),
    ],
)
def test_shapes_are_known_in_each_dialect(adapter: str, kind: str | None, expression: str, is_clean: bool) -> None:
    table = "raw.people" if adapter == "spark" else "lake.raw.people"
    manifest = small(adapter, f"with p as (select * from {table}) select {expression} as answer from p", kind)
    assert (exposures(manifest) == ()) is is_clean


@pytest.mark.parametrize(
    "sql",
    [
        "select p as answer from lake.raw.people as p",
        "select u.x as answer from lake.raw.people as p cross join unnest([p.id]) as u(x)",
        "select l.x as answer from lake.raw.people as p, lateral (select p.id as x) as l",
        "select city as answer from lake.raw.people union all select id from lake.raw.people",
        "with recursive r as (select id from lake.raw.people union all select id from r) select id as answer from r",
        "select * exclude (city) from lake.raw.people",
        "select struct_pack(a := id) as answer from lake.raw.people",
        "select list_transform([id], x -> x || '!')[1] as answer from lake.raw.people",
    ],
)
def test_roundabout_ways_are_found(sql: str) -> None:
    assert exposures(small("duckdb", sql, None))
