"""Where production's relations are, without a second parse: the same as a second parse says, or nothing at all."""

from __future__ import annotations

import pytest

from dataops.project import naming
from dataops.project.slices import Place, places
from tests.shop import Shop


def both(shop: Shop) -> tuple[dict[str, Place] | None, dict[str, Place]]:
    """The places under production's target: as they are told, and as a parse has them."""
    project = shop.project()
    targets = shop.targets(project)
    with project.entered():
        told = naming.under(project, project.parse(targets.parsing), targets.production)
        return told, places(project.parse(targets.production).manifest)


def test_names_are_those_of_a_parse(fresh: Shop) -> None:
    """dbt's own macros: with and without a schema, a database, an alias, versions, and a snapshot's own words."""
    fresh.write("models/marts/away.sql", "{{ config(schema='far', alias='a_' ~ var('x', 'y')) }} select 1 as one\n")
    fresh.write("models/marts/prices_v2.sql", "{{ config(database='other') }} select 1 as one\n")
    fresh.write("models/marts/asking.sql", "select '{{ target.name }}' as place\n")
    fresh.write(
        "models/marts/more.yml",
        "models: [{name: prices, latest_version: 2, versions: [{v: 2}]}]\n"
        "sources:\n"
        "- {name: there, database: elsewhere, tables: [{name: a, identifier: b}]}\n"
        "- {name: neither, database: \"{{ var('unset', '') or none }}\", tables: [{name: a}]}\n"
        "- {name: nowhere, database: \"{{ var('unset', '') }}\", tables: [{name: a}]}\n"
        "- {name: named, database: \"{{ var('unset', 'ci') }}\", tables: [{name: a}]}\n"
        "snapshots: [{name: kept, relation: ref('away'), config: {strategy: check, check_cols: all, unique_key: one,"
        " schema: kept}}]\n",
    )
    fresh.write(
        "macros/counts.sql", "{% test counts(model) %}{{ config(limit=1) }} select 1 where false{% endtest %}\n"
    )
    told, parsed = both(fresh)
    assert told == parsed
    assert told["model.shop.away"].schema == "main_far"
    assert told["model.shop.prices.v2"].database == "other"
    assert told["seed.shop.orders"].database == "prod"


def test_the_projects_own_macros_are_run(fresh: Shop) -> None:
    fresh.write(
        "macros/names.sql",
        "{% macro generate_schema_name(custom, node) %}"
        "{{ node.fqn[1] }}_{{ custom if target.name == 'prod' else target.schema }}{% endmacro %}"
        "{% macro generate_alias_name(custom, node) %}"
        "{{ node.schema }}_{{ node.name }}_{{ target.name }}{% endmacro %}",
    )
    told, parsed = both(fresh)
    assert told == parsed
    assert told["model.shop.published"].identifier == "marts_None_published_prod"


@pytest.mark.parametrize("where", ["project", "properties", "model", "macro", "switched off"])
def test_a_configuration_that_asks_for_the_target_tells_nothing(fresh: Shop, where: str) -> None:
    asking = "{{ 'a' if target.name == 'prod' else 'b' }}"
    if where == "project":
        fresh.edit("dbt_project.yml", "staging:", f'staging:\n      +schema: "{asking}"')
    elif where == "properties":
        fresh.write("models/marts/p.yml", f'models: [{{name: published, config: {{alias: "{asking}"}}}}]\n')
    elif where == "model":
        fresh.write("models/marts/published.sql", "{{ config(alias=target.name) }} select 1 as edition\n")
    elif where == "macro":
        fresh.write("macros/set.sql", "{% macro set() %}{{ config(alias=target.name) }}{% endmacro %}")
        fresh.write("models/marts/published.sql", "{{ set() }} select 1 as edition\n")
    else:
        fresh.write("models/marts/published.sql", "{{ config(enabled=target.name == 'prod') }} select 1 as edition\n")
    told, parsed = both(fresh)
    assert told is None
    assert "model.shop.published" in parsed


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("{{ config(materialized='table', meta={'a': [1, none]}) }} select 1", True),
        ("{{ config(schema=var('x', 'y') ~ '_z' if var('z') == 1 else env_var('q')) }}", True),
        ('{% set a = target.name %}{%- do config(pre_hook="{{ target.name }})") -%}', True),
        ("select config.get('x'), {{ target.name }}", True),
        ("{% set a = target.name %}{{ config(schema=a) }}", False),
        ("{{ config(schema=my_macro()) }}", False),
        ("{{ config(**given) }}", False),
        ("{{ config(schema=schema) }}", False),
        ("{%+ if target.name == 'a' %}{{ config(schema='a') }}{% endif %}", False),
        ("{{ config(schema='a') if target.name == 'a' }}", False),
        ("{{ (target.name == 'a') and config(schema='a') }}", False),
        ("{{ config(schema='a'", False),
    ],
)
def test_what_a_text_says_of_itself(text: str, same: bool) -> None:
    assert naming.fixed(text) is same
