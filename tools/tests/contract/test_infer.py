"""`contract infer`: what production keeps is written once, dbt builds it, and what does not hold is said."""

from __future__ import annotations

from tests.shop import Shop, refused

SHEET = "models/marts/marts.yml"


def test_what_production_keeps_is_written_and_builds(shop: Shop) -> None:
    shop.change_data("insert into fct_orders select null, 1, 'lost', 3")
    shop.edit(SHEET, "data_tests: [unique]\n", "data_tests: [unique, not_null]  # the key\n")
    shop.write(
        "models/marts/names.sql", "{{ config(materialized='view') }}\nselect 1::decimal(9, 2) as \"The Amount\"\n"
    )
    shop.change_data('create view names as select 1::decimal(9, 2) as "The Amount"')
    before = shop.read(SHEET)
    out = shop.ok("contract", "infer", "fct_orders", "names", "dim_customers", "--dry-run").out
    assert "order_id is declared not_null, and is NULL in 1 of" in out
    assert "a view enforces no constraint" in out
    assert "Nothing was written: this was --dry-run" in out
    assert shop.read(SHEET) == before
    shop.change_data("delete from fct_orders where order_id is null")
    out = shop.ok("contract", "infer", "fct_orders", "names", "dim_customers").out
    assert "Nothing was written: there is no terminal" in out
    shop.ok("contract", "infer", "fct_orders", "names", "dim_customers", "--yes")
    text = shop.read(SHEET)
    assert text.count("contract: {enforced: true}") == 2
    assert "        data_tests: [unique, not_null]  # the key\n        data_type: integer\n" in text
    assert "constraints: [{type: not_null}, {type: primary_key}]" in text
    assert "name: The Amount\n        quote: true\n        data_type: 'decimal(9,2)'\n" in shop.read(
        "models/marts/names.yml"
    )
    # Twice is once.
    assert "Nothing to write" in shop.ok("contract", "infer", "fct_orders", "names", "dim_customers", "--yes").out
    shop.ok("build", "-s", "+fct_orders", "+names", "+dim_customers", "--exclude", "source:*")


def test_what_can_have_no_contract(shop: Shop) -> None:
    refused(shop.run("contract", "infer", "nothing"), "the project has no model nothing")
    refused(shop.run("contract", "infer", "int_order_payments"), "int_order_payments is ephemeral")
    shop.write("models/marts/fct_new.sql", "select 1 as id\n")
    refused(shop.run("contract", "infer", "fct_new"), "production has no", "release it first")
