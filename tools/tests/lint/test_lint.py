"""Lint: sqlfluff on what changed or on everything, with the project's own settings or without any."""

from __future__ import annotations

import pytest

from tests.shop import Shop, refused

BAD = "SELECT 2 as edition\n"


def test_only_what_changed_is_linted(shop: Shop) -> None:
    shop.write("models/marts/dim_customers.sql", shop.read("models/marts/dim_customers.sql").replace("from", "FROM"))
    shop.commit("not mine")
    shop.git("switch", "-qc", "feature")
    shop.write("models/marts/published.sql", BAD)
    ran = shop.run("lint", "--base", "main")
    assert ran.code == 1
    assert "Linted 1 file: 1 finding" in ran.out
    assert "dim_customers" not in ran.out


def test_nothing_changed(shop: Shop) -> None:
    assert shop.ok("lint").out == "Linted nothing: no SQL file changed\n"
    shop.edit("seeds/orders.csv", "11,1,paid", "11,1,returned")
    shop.edit("macros/cents_to_euros.sql", "/ 100", "/ 100.0")
    assert "Linted nothing" in shop.ok("lint").out


def test_all(shop: Shop) -> None:
    assert shop.ok("lint", "--all").out == "Linted 10 files: no findings\n"
    shop.write("models/marts/published.sql", BAD)
    shop.edit("tests/no_negative_amounts.sql", "from", "FROM")
    ran = shop.run("lint", "--all", "--format", "json")
    assert ran.code == 1
    found = {(each["file"], each["line"], each["rule"]) for each in ran.json["findings"]}
    assert found == {("models/marts/published.sql", 1, "CP01"), ("tests/no_negative_amounts.sql", 3, "CP01")}
    assert len(ran.json["files"]) == 10


def test_all_without_a_release(fresh: Shop) -> None:
    assert fresh.ok("lint", "--all").out == "Linted 10 files: no findings\n"


def test_fix_rewrites_the_file(shop: Shop) -> None:
    shop.write("models/marts/published.sql", BAD)
    out = shop.ok("lint", "--fix").out
    assert "fixed models/marts/published.sql" in out
    assert shop.read("models/marts/published.sql") == "SELECT 2 AS edition\n"
    assert "no findings" in shop.ok("lint").out


def test_fix_keeps_jinja(shop: Shop) -> None:
    text = shop.read("models/marts/fct_events.sql")
    shop.write("models/marts/fct_events.sql", text.replace("from {{", "FROM {{", 1))
    shop.ok("lint", "--fix")
    assert shop.read("models/marts/fct_events.sql") == text


def test_fix_leaves_what_nobody_can_fix(shop: Shop) -> None:
    shop.write("models/marts/published.sql", "select a.edition from (select 2 as edition) as a, (select 3 as x) as a\n")
    ran = shop.run("lint", "--fix")
    assert ran.code == 1
    assert "AL04" in ran.out


def test_without_settings_the_defaults_hold(shop: Shop) -> None:
    shop.remove(".sqlfluff")
    shop.write("models/marts/published.sql", "SELECT 2 as edition from {{ ref('orders') }}\n")
    ran = shop.run("lint")
    assert ran.code == 1
    assert "models/marts/published.sql:1:10 CP01" in ran.out


@pytest.mark.parametrize("file", ["setup.cfg", "pyproject.toml"])
def test_settings_elsewhere(shop: Shop, file: str) -> None:
    shop.remove(".sqlfluff")
    text = {
        "setup.cfg": "[sqlfluff]\ntemplater = dbt\ndialect = duckdb\nexclude_rules = CP01\n",
        "pyproject.toml": '[tool.sqlfluff.core]\ntemplater = "dbt"\ndialect = "duckdb"\nexclude_rules = "CP01"\n',
    }[file]
    shop.write(file, text)
    shop.write("models/marts/published.sql", BAD)
    shop.ok("lint")


def test_a_file_that_only_names_sqlfluff(shop: Shop) -> None:
    """As a dependency, say: dbt's templater is used, as without any such file."""
    shop.remove(".sqlfluff")
    shop.write("pyproject.toml", '[dependency-groups]\ndev = ["sqlfluff>=2", "sqlfluff-templater-dbt"]\n')
    shop.write("models/marts/published.sql", "{{ 'SELECT' if model.name == 'published' else 'select' }} 1 as edition\n")
    shop.edit("models/marts/published.sql", "1 as", "1 AS")
    assert "CP01" not in shop.ok("lint").out


def test_a_rule_that_is_only_a_warning(shop: Shop) -> None:
    shop.edit(".sqlfluff", "dialect = duckdb", "dialect = duckdb\nwarnings = CP01")
    shop.write("models/marts/published.sql", BAD)
    ran = shop.ok("lint")
    assert "CP01" in ran.out
    assert shop.ok("ci").code == 0


def test_noqa(shop: Shop) -> None:
    shop.write("models/marts/published.sql", "SELECT 2 as edition -- noqa: CP01\n")
    shop.ok("lint")


def test_settings_that_sqlfluff_refuses(shop: Shop) -> None:
    shop.edit(".sqlfluff", "dialect = duckdb", "dialect = klingon")
    shop.publish(2)
    refused(shop.run("lint"), "Unknown dialect", ".sqlfluff")


def test_ignored_files_are_told(shop: Shop) -> None:
    shop.write(".sqlfluffignore", "models/marts/\n")
    shop.write("models/marts/published.sql", BAD)
    ran = shop.command("lint")
    assert "not linted models/marts/published.sql: sqlfluff ignores it" in ran.out
    assert ran.err == ""  # sqlfluff warns of it, in words that no option of ours is meant by


def test_a_file_that_cannot_be_compiled_is_told_and_not_counted(shop: Shop) -> None:
    """sqlfluff itself warns, and goes on as if nothing had been found in it."""
    shop.write("models/marts/published.sql", "{% do run_query('select * from nowhere') %} select 2 as edition\n")
    shop.write("models/marts/fct_orders.sql", shop.read("models/marts/fct_orders.sql") + "-- more\n")
    ran = shop.ok("lint")
    assert "not linted models/marts/published.sql: dbt raised a fatal exception" in ran.out
    assert "Linted 1 of 2 files: no findings" in ran.out
    assert ran.err == ""


def test_a_file_that_sqlfluff_cannot_parse_fails(shop: Shop) -> None:
    shop.write("models/marts/published.sql", "select from from where\n")
    ran = shop.run("lint")
    assert ran.code == 1
    assert "PRS" in ran.out
    assert shop.run("lint", "--fix").code == 1
    assert shop.read("models/marts/published.sql") == "select from from where\n"


def test_a_package_with_a_file_of_the_same_name(shop: Shop) -> None:
    """Neither is its file the project's, nor does the project's get its text."""
    theirs = "dbt_packages/acme/models/marts/published.sql"
    shop.write("packages.yml", "packages: [{package: acme/acme, version: 1.0.0}]\n")
    shop.write("dbt_packages/acme/dbt_project.yml", "name: acme\nversion: 1.0.0\nmodels: {acme: {+schema: acme}}\n")
    shop.write(theirs, "select 7 as edition\n")
    shop.write("models/marts/published.sql", BAD)
    shop.commit()
    shop.write(theirs, "SELECT 8 as edition\n")
    assert "Linted nothing" in shop.ok("lint", "--base", "main").out
    for words in (["--all"], ["--base", "main"]):
        shop.write("models/marts/published.sql", "SELECT edition + 1 as edition FROM {{ ref('acme', 'published') }}\n")
        assert "fixed models/marts/published.sql" in shop.run("lint", *words, "--fix").out
        ours = shop.read("models/marts/published.sql")
        assert "edition + 1 AS edition" in ours
        assert "{{ ref('acme', 'published') }}" in ours
        assert shop.read(theirs) == "SELECT 8 as edition\n"
    shop.write("models/marts/published.sql", "select 3 as edition\n")
    both = shop.ok("ci").out
    assert f"acme.published  new  {theirs}" in both
    data = both.split("Data:")[1]
    assert "acme.published" in data
    assert "shop.published" in data


def test_the_templater_of_the_hosted_editor_is_dbts(shop: Shop) -> None:
    """What many projects have in their settings, and sqlfluff by itself refuses."""
    shop.edit(".sqlfluff", "templater = dbt", "templater = dbt-cloud")
    shop.write("models/marts/published.sql", BAD)
    ran = shop.run("lint")
    assert (ran.code, "Linted 1 file: 1 finding" in ran.out) == (1, True), ran.err
