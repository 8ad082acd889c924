"""What dbt 1.11 and 1.12 brought, as a plan, a release and a rollback take it: the claims of docs/versions.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataops.project.surroundings import look
from dataops.project.versions import installed
from tests.shop import Shop, ran, reasons, refused

FUNCTIONS = """
{% macro duckdb__scalar_function_create_replace_signature_sql(target_relation) %}
create or replace function {{ target_relation.render() }} (a) as
{% endmacro %}
{% macro duckdb__scalar_function_body_sql() %} ({{ model.compiled_code }}) {% endmacro %}
{% macro third() %}3{% endmacro %}
"""
FILES = {
    "dbt_project.yml": "name: p\nversion: 1.0.0\nprofile: p\nmodels: {p: {+materialized: table}}\n",
    "profiles.yml": "p: {target: prod, outputs: {prod: {type: duckdb, path: prod.duckdb, threads: 1}}}\n",
    ".gitignore": "target/\nlogs/\n*.duckdb\n.dataops/\n",
    "selectors.yml": (
        "selectors:\n- {name: two, definition: {method: fqn, value: by_var}}\n"
        "- {name: inherits, definition: {method: selector, value: two}}\n"
    ),
    "macros/functions.sql": FUNCTIONS,
    "functions/halved.sql": "a / 2\n",
    "functions/functions.yml": (
        "functions:\n- {name: halved, arguments: [{name: a, data_type: double}], returns: {data_type: double}}\n"
    ),
    "models/halved_of.sql": "{{ config(materialized='view') }} select {{ function('halved') }}(12) as amount\n",
    "models/by_var.sql": "select {{ var('rate', 1) }} as rate\n",
    "models/by_env.sql": "select '{{ env_var('CURRENCY', 'EUR') }}' as currency\n",
    "models/orders_v1.sql": "select 1 as id\n",
    "models/orders_v2.sql": "select 2 as id\n",
    "models/models.yml": (
        "models: [{name: orders, latest_version: 1, versions: [{v: 1}, {v: 2}]}]\n"
        "sources: [{name: s, schema: main, tables: [{name: by_var, config:"
        " {loaded_at_query: select now(), freshness: {warn_after: {count: 1, period: day}}}}]}]\n"
    ),
}
FROM_1_11 = pytest.mark.skipif(installed() < (1, 11), reason="dbt 1.11 brought functions")
FROM_1_12 = pytest.mark.skipif(installed() < (1, 12), reason="dbt 1.12 brought it")


@pytest.fixture
def today(tmp_path: Path) -> Shop:
    shop = Shop(tmp_path / "p", tmp_path / "p")
    for name, text in FILES.items():
        if ("function" not in name and "halved" not in name) or installed() >= (1, 11):
            shop.write(name, text)
    shop.git("init", "-q", "-b", "main")
    shop.commit()
    return shop


@FROM_1_11
def test_a_function_is_released_and_rolled_back_with_what_calls_it(today: Shop) -> None:
    today.ok("deploy")
    assert today.query("select amount from halved_of") == [(6.0,)]
    today.edit("functions/halved.sql", "/ 2", "/ 4")
    plan = today.plan()
    assert reasons(plan) == {"halved": ("sql",)}
    assert ran(plan) == {"halved", "halved_of"}
    today.ok("ci")
    today.ok("deploy")
    assert today.query("select amount from halved_of") == [(3.0,)]
    today.ok("rollback")
    assert today.query("select amount from halved_of") == [(6.0,)]
    today.edit("models/halved_of.sql", "{{ function('halved') }}(12)", "6.0")
    for name in ("functions/halved.sql", "functions/functions.yml"):
        today.remove(name)
    plan = today.plan()
    assert reasons(plan) == {"halved": ("removed",), "halved_of": ("sql",)}
    today.ok("deploy")
    assert today.query("select amount from halved_of") == [(6.0,)]


@FROM_1_11
def test_when_a_source_is_late_changes_nothing_that_is_built(today: Shop) -> None:
    today.edit("models/models.yml", "select now()", "select now() - interval 1 day")
    plan = today.plan("--base", "main")
    assert reasons(plan) == {"s.by_var": ("config", "freshness")} or reasons(plan) == {"s.by_var": ("freshness",)}
    assert ran(plan) == set()


def test_every_catalog_of_both_forms_counts(tmp_path: Path) -> None:
    """As 1.10 writes catalogs.yml, and as 1.12 does with `use_catalogs_v2`."""
    (tmp_path / "dbt_project.yml").write_text("name: p\n", encoding="utf-8")

    def digests(text: str) -> dict[str, str]:
        (tmp_path / "catalogs.yml").write_text(text, encoding="utf-8")
        return dict(look(tmp_path, {}, (), "00", "snowflake", {}).settings)

    first = "catalogs:\n- {name: lake, write_integrations: [{name: w, catalog_type: built_in, external_volume: a}]}\n"
    second = "catalogs:\n- {name: lake, type: horizon, table_format: iceberg, config: {snowflake: {volume: a}}}\n"
    for text in (first, second):
        before, after = digests(text), digests(text.replace("volume: a", "volume: b"))
        assert {name for name in before if before[name] != after[name]} == {"catalog lake"}


@FROM_1_12
def test_an_overload_is_part_of_its_function(today: Shop) -> None:
    declared = (
        "  overloads: [{defined_in: halved_text, arguments: [{name: a, data_type: varchar}],"
        " returns: {data_type: double}}]\n"
    )
    today.write("functions/halved_text.sql", "cast(a as double) / {{ env_var('PART', '2') }}\n")
    today.write(
        "functions/functions.yml",
        "functions:\n- name: halved\n  arguments: [{name: a, data_type: double}]\n  returns: {data_type: double}\n"
        + declared,
    )
    today.commit()
    for text in ("cast(a as double) / 4\n", "cast(a as double) / {{ third() }}\n"):
        today.write("functions/halved_text.sql", text)
        plan = today.plan("--base", "main")
        assert reasons(plan) == {"halved": ("definition",)}
        assert ran(plan) == {"halved", "halved_of"}
    today.commit()
    today.edit("macros/functions.sql", "third() %}3", "third() %}4")
    plan = today.plan("--base", "HEAD")
    assert reasons(plan) == {"halved": ("macro",)}
    assert ran(plan) == {"halved", "halved_of"}


@FROM_1_12
def test_the_view_of_the_latest_version_and_vars_yml(today: Shop) -> None:
    today.write(
        "dbt_project.yml", FILES["dbt_project.yml"] + "flags: {latest_version_pointer_enabled_by_default: true}\n"
    )
    today.write("vars.yml", "vars: {rate: 2}\n")
    today.ok("deploy")
    assert today.query("select id, rate from orders, by_var") == [(1, 2)]
    today.edit("models/models.yml", "latest_version: 1", "latest_version: 2")
    today.edit("vars.yml", "2", "3")
    plan = today.plan()
    assert reasons(plan) == {"orders.v2": ("config",), "by_var": ("var",)}
    assert ran(plan) == {"orders.v2", "by_var"}
    today.ok("deploy")
    assert today.query("select id, rate from orders, by_var") == [(2, 3)]
    today.ok("rollback")
    assert today.query("select id, rate from orders, by_var") == [(1, 2)]


@FROM_1_12
def test_files_that_dbt_reads_since_then(today: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Documents in osi/; an .env that was not there before, or of which a revision has another one."""
    monkeypatch.setenv("CURRENCY", "EUR")  # so that what dbt sets is taken back
    monkeypatch.delenv("CURRENCY")
    today.ok("deploy")
    assert not today.plan()["changes"]
    today.write("osi/metrics.json", "no document")
    refused(today.run("plan"), "osi/metrics.json")
    today.remove("osi/metrics.json")
    today.write(".env", "CURRENCY=USD\n")
    plan = today.plan()
    assert reasons(plan) == {"by_env": ("env",)}
    today.commit("with a file")
    assert not today.plan("--base", "HEAD")["changes"]
    today.write(".env", "CURRENCY=CHF\n")
    plan = today.plan("--base", "HEAD")
    assert ran(plan) == {"by_env"}


@FROM_1_12
def test_what_goes_on_after_a_failure_is_no_release(today: Shop) -> None:
    today.write("models/broken.sql", "{{ config(on_error='continue') }} select 1 / 'x' as a\n")
    today.write("models/after.sql", "select count(*) as n from {{ ref('broken') }} where false\n")
    assert today.run("deploy").code == 1
    assert not today.production.exists()
    listed = today.ok("plan", "--base", "main", "--format", "json").json
    assert {"broken", "after"} <= ran(listed)
    today.edit("models/broken.sql", "on_error='continue'", "on_error='skip_children'")


@FROM_1_12
def test_a_selector_chooses_by_another_selector(today: Shop) -> None:
    today.ok("build", "--select", "selector:inherits")
    names = {name for (name,) in today.query("select table_name from information_schema.tables")}
    assert names == {"by_var"}


def test_a_package_that_came_along_is_there_for_the_base(today: Shop) -> None:
    """dbt 1.12 parses nothing where more is installed than a lock names, and a lock may be under no version control."""
    today.write(".gitignore", FILES[".gitignore"] + "dbt_packages/\npackage-lock.yml\n")
    today.write("packages.yml", "packages: [{package: acme/one, version: 1.0.0}]\n")
    entries = [f"{{package: acme/{name}, name: {name}, version: 1.0.0}}" for name in ("one", "two")]
    today.write("package-lock.yml", f"packages: [{', '.join(entries)}]\n")
    for name in ("one", "two"):
        today.write(f"dbt_packages/{name}/dbt_project.yml", f"name: {name}\nversion: 1.0.0\n")
    today.commit()
    today.edit("models/orders_v1.sql", "1", "3")
    plan = today.plan("--base", "HEAD")
    assert plan["base"]["unread"] is None
    assert reasons(plan) == {"orders.v1": ("sql",)}
