"""Each rule against one project that breaks them all, and does right beside each mistake."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pytest

from dataops.check.rules import BUILT_IN
from dataops.check.rules.relations import named
from tests.shop import Shop, lay_out
from tests.written import valid

FOUND = {
    "columns_are_described": {"fct_orders order_id", "twin.orders eMail", "twin.orders phone"},
    "columns_are_named_by_type": {"fct_orders OrderedAt"},
    "exceptions_have_reasons": {"prices.v2 /models_are_tested", "prices.v2 /no_such_rule"},
    "exposures_read_marts": {"bad model.conventions.stg_orders", "bad source.conventions.good.orders"},
    "exposures_read_public_models": {"bad model.conventions.stg_orders"},
    "keys_are_not_null": {"fct_orders order_id"},
    "keys_are_tested": {"int_orders_late", "prices.v1", "stg_again", "stg_elsewhere"},
    "layers_go_one_way": {"int_orders_late model.conventions.fct_orders"},
    "macros_are_described": {"one"},
    "models_are_described": {"int_orders_late", "int_quiet", "stg_again"},
    "models_are_named_by_layer": {"prices.v1", "prices.v2"},
    "models_are_owned": {"prices.v1", "prices.v2"},
    "models_are_tested": {"int_orders_late", "prices.v2", "stg_again", "stg_elsewhere"},
    "models_on_the_way_are_read": {"int_quiet", "stg_again", "stg_elsewhere"},
    "names_are_in_snake_case": {"fct_orders OrderedAt", "twin.Upper Case"},
    "names_last": {"stg_again again"},
    "old_versions_end": {"prices.v1"},
    "one_staging_model_per_source": {"good.orders"},
    "only_staging_reads_sources": {"fct_orders source.conventions.twin.orders"},
    "others_are_described": {"bad", "people", "twin.Upper Case", "twin.orders"},
    "personal_columns_are_tagged": {"twin.orders eMail"},
    "public_models_are_documented": {"fct_orders order_id"},
    "public_models_have_contracts": {"fct_orders"},
    "public_models_show_no_person": {"dim_people year"},
    "relations_are_not_hard_coded": {"int_orders_late raw.payments", "int_orders_late stg_orders"},
    "sheets_lie_beside": {"stg_elsewhere"},
    "sources_are_declared_once": {"twin.orders source.conventions.good.orders"},
    "sources_are_not_joined": {
        "stg_again source.conventions.good.orders",
        "stg_again source.conventions.twin.Upper Case",
    },
    "sources_are_owned": {"twin.Upper Case", "twin.orders"},
    "sources_are_read": {"good.never_asked"},
    "sources_have_freshness": {"twin.orders"},
    "staging_reads_sources_alone": {"stg_again model.conventions.stg_orders"},
}
"""By rule: the node and what of it. `names_last` is the project's own."""

PLACES = {
    "only_staging_reads_sources fct_orders": "models/marts/fct_orders.sql:1",
    "relations_are_not_hard_coded int_orders_late": "models/intermediate/int_orders_late.sql:5",
    "sources_are_not_joined stg_again": "models/staging/stg_again.sql:3",
    "keys_are_not_null fct_orders": "models/marts/fct_orders.yml:6",
    "personal_columns_are_tagged twin.orders": "models/staging/sources.yml:30",
    "models_are_owned prices.v1": "models/marts/fct_orders.yml:20",
    "models_are_described stg_again": "models/staging/stg_again.sql:1",
    "exposures_read_public_models bad": "models/other/exposures.yml:11",
    "others_are_described people": "seeds/people.csv:1",
    "macros_are_described one": "macros/one.sql:1",
}


@pytest.fixture(scope="module")
def wrong(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = lay_out(tmp_path_factory.mktemp("conventions") / "it", project="conventions", with_events=False)
    shop.write("dataops.yml", "check: {preset: strict}\n")
    return shop


@pytest.fixture(scope="module")
def all_findings(wrong: Shop) -> dict[str, Any]:
    ran = wrong.run("check", "--all", "--format", "json")
    assert ran.code == 1, ran.err
    document: dict[str, Any] = ran.json
    return document


def _name(finding: dict[str, Any]) -> str:
    return str(finding["unique_id"]).split(".", 2)[2]


def test_each_rule_finds_what_it_is_for_and_no_more(all_findings: dict[str, Any]) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for each in all_findings["findings"]:
        found[each["rule"]].add(f"{_name(each)} {each['subject']}".strip())
    assert found == FOUND
    assert {each.name for each in BUILT_IN} == FOUND.keys() - {"names_last"}


def test_findings_say_where_why_and_how(all_findings: dict[str, Any]) -> None:
    valid("check", all_findings)
    places: dict[str, str] = {}
    for each in all_findings["findings"]:
        places.setdefault(f"{each['rule']} {_name(each)}", f"{each['file']}:{each['line']}")
        assert len(each["why"]) > 30
        assert len(each["mend"]) > 5
    assert {key: places[key] for key in PLACES} == PLACES
    severities = [each["severity"] for each in all_findings["findings"]]
    assert severities == sorted(severities)
    assert (all_findings["against"], all_findings["known"]) == ("", 0)


def test_exceptions_are_told_with_their_reasons(all_findings: dict[str, Any]) -> None:
    assert {(each["rule"], _name(each), each["subject"], each["reason"]) for each in all_findings["excepted"]} == {
        ("keys_are_tested", "prices.v2", "", "There is one row."),
        ("personal_columns_are_tagged", "twin.orders", "phone", "A company's."),
    }


def test_parameters(wrong: Shop) -> None:
    wrong.write(
        "dataops.yml",
        "check:\n  preset: light\n  layers: {staging: [other], marts: [marts]}\n"
        "  rules:\n    names_last: {words: [elsewhere]}\n"
        "    keys_are_tested: {severity: error, layers: [marts], tests: [not_null]}\n    exceptions_have_reasons: off\n"
        "    models_are_tested: {least: 3}\n    only_staging_reads_sources: off\n"
        "    relations_are_not_hard_coded: off\n"
        "    sources_are_declared_once: off\n    models_are_described: off\n    layers_go_one_way: off\n"
        "    exposures_read_marts: off\n    public_models_have_contracts: off\n    personal_columns_are_tagged: off\n"
        "    public_models_show_no_person: off\n",
    )
    found = {
        (each["rule"], each["severity"], _name(each))
        for each in wrong.run("check", "--all", "--format", "json").json["findings"]
    }
    assert {each for each in found if each[0] != "models_are_tested"} == {
        ("names_last", "warn", "stg_elsewhere"),
        ("keys_are_tested", "error", "prices.v1"),
    }
    # A rule that the preset has not warns, once somebody sets a parameter of it.
    assert ("models_are_tested", "warn", "fct_orders") in found


@pytest.mark.parametrize(
    ("sql", "names"),
    [
        ("select * from {{ ref('a') }} join {{ source('b', 'c') }}", []),
        ("select * from raw.orders", ["raw.orders 1"]),
        ('select *\nfrom "Raw" . "Or.ders" as o', ["Raw.Or.ders 2"]),
        ("select * from `project.raw.orders`", ["project.raw.orders 1"]),
        ("select * from [db].[dbo].[orders]", ["db.dbo.orders 1"]),
        ("-- from raw.a\n/* join raw.b\n*/ select 'from raw.c''s' from raw.d", ["raw.d 3"]),
        ("{# from raw.a #}{% set x = 'from raw.b' %}\nselect * from raw.c", ["raw.c 2"]),
        ("with a as (select 1), b (x) as (select 2) select * from a join b on a.x is distinct from b.x", []),
        ("with recursive t as (select 1) select extract(year from raw.day), trim(both from x.y) from t", []),
        ("select * from {{ ref('a') }} as a cross join a.items", []),
        ("select * from read_csv('x.csv') join lateral unnest(a.b)", []),
        ("select * from information_schema.tables", []),
        ("select * from {{ target.schema }}.orders", []),
        ("select * from raw.generate_series(1, 2)", []),
        ("select * from orders", ["orders 1"]),
    ],
)
def test_relations_that_sql_names_itself(sql: str, names: list[str]) -> None:
    assert [f"{each.name} {each.line}" for each in named(sql)] == names
