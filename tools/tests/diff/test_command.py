"""`dataops diff`: what `ci` left, or any two relations or queries."""

from __future__ import annotations

import json
from typing import Any

import duckdb
import yaml

from tests.shop import Shop, dump, refused


def _diff(shop: Shop, *words: str, code: int = 0) -> dict[str, dict[str, Any]]:
    """The differences by short name."""
    ran = shop.run("diff", "--format", "json", *words)
    assert ran.code == code, ran.out + ran.err
    return {each["name"].split(".")[-1]: each for each in ran.json["diffs"]}


def _columns(diff: dict[str, Any]) -> dict[str, int | None]:
    return {column["name"]: column["changed"] for column in diff["columns"]}


def _halved(shop: Shop) -> None:
    """Orders of 10 and more cost half; the plan sees that one column differs."""
    shop.edit(
        "models/marts/fct_orders.sql",
        "coalesce(payments.amount, 0) as amount",
        "case when payments.amount > 10 then payments.amount / 2 else coalesce(payments.amount, 0) end as amount",
    )


def test_what_ci_built_is_compared_by_key(shop: Shop) -> None:
    _halved(shop)
    shop.ok("ci", "--keep")
    found = _diff(shop)["fct_orders"]
    assert found["key"] == {"columns": ["order_id"], "origin": "test unique"}
    rows = found["rows"]
    assert (rows["before"], rows["after"], rows["modified"], rows["same"]) == (4, 4, 3, 1)
    assert _columns(found)["amount"] == 3
    # The plan knows that nothing else can differ, so that nothing else is looked at.
    assert {c["name"]: c["not_compared"] for c in found["columns"] if c["not_compared"]} == {
        "customer_id": "this change cannot alter it",
        "status": "this change cannot alter it",
    }
    cells = {sample["key"]["order_id"]: sample["cells"][0] for sample in found["samples"]}
    assert (cells["12"]["old"], cells["12"]["new"]) == ("99.0", "49.5")


def test_without_a_build_the_command_says_how_to_get_one(shop: Shop) -> None:
    _halved(shop)
    refused(shop.run("diff"), "no build of this change is left", "ci --keep")


def test_only_what_is_selected(shop: Shop) -> None:
    shop.edit("macros/cents_to_euros.sql", "100", "50")
    shop.ok("ci", "--keep")
    assert set(_diff(shop, "-s", "fct_orders")) == {"fct_orders"}
    assert {"fct_orders", "stg_payments"} <= set(_diff(shop))


def test_two_relations(shop: Shop) -> None:
    shop.change_data("create table mine as select * from fct_orders where order_id <> 13; update mine set status = 'x'")
    found = shop.run("diff", "prod.main.fct_orders", "prod.main.mine", "--format", "json")
    assert found.code == 1
    (diff,) = found.json["diffs"]
    # The key comes from the model that one of the two is.
    assert diff["key"]["columns"] == ["order_id"]
    assert (diff["rows"]["removed"], diff["rows"]["modified"]) == (1, 3)
    shop.ok("diff", "prod.main.fct_orders", "prod.main.fct_orders")


def test_two_queries(shop: Shop) -> None:
    found = shop.run(
        "diff", "--base-query", "select 1 as id, 'a' as v", "--head-query", "select 1 as id, 'b' as v", "--key", "id",
        "--format", "json",
    )  # fmt: skip
    assert found.code == 1
    assert found.json["diffs"][0]["rows"]["modified"] == 1
    queries = ("select o.order_id from prod.main.fct_orders o -- before", "select 1 as order_id from prod.main.orders")
    said = shop.run("diff", "--base-query", queries[0], "--head-query", queries[1]).out
    assert said.startswith(f"{queries[0]} → {queries[1]}"), "not what stands behind its second dot"


def test_bad_input_says_what_is_wrong(shop: Shop) -> None:
    refused(shop.run("diff", "prod.main.fct_orders"), "two sides")
    refused(shop.run("diff", "prod.main.fct_orders", "prod.main.nothing"), "prod.main.nothing cannot be read")
    refused(shop.run("diff", "prod.main.fct_orders", "prod.main.fct_orders", "--key", "no"), "no column `no`")
    refused(shop.run("diff", "a", "b", "--base-query", "select 1"), "two sides")


def test_a_tag_on_a_models_column_hides_what_is_made_of_it(shop: Shop) -> None:
    shop.edit(
        "models/staging/staging.yml",
        "        data_tests: [unique, not_null]\n",
        "        data_tests: [unique, not_null]\n      - name: customer_name\n        config: {tags: [phi]}\n",
    )
    shop.edit("models/marts/dim_customers.sql", "    customer_name", "    customer_name || '?' as customer_name")
    shop.ok("ci", "--keep")
    found = _diff(shop)["dim_customers"]
    hidden = {cell["column"]: cell["hidden"] for sample in found["samples"] for cell in sample["cells"]}
    assert hidden["customer_name"]
    assert "Grace" not in shop.run("diff", "--format", "json").out


def test_personal_columns_never_show_values(shop: Shop) -> None:
    """A tag on a seed's column hides what is made of it, under any name, in every output."""
    shop.write(
        "seeds/seeds.yml",
        "seeds:\n  - name: customers\n    columns:\n      - name: name\n        config: {tags: [pii]}\n",
    )
    shop.edit("models/staging/stg_customers.sql", "name as customer_name", "name || '!' as customer_name")
    shop.write("tests/no_names.sql", "select customer_name from {{ ref('dim_customers') }}\n")
    ran = shop.run("ci", "--keep")
    assert ran.code == 1
    everything = ran.out + shop.read("target/dataops/review.md") + shop.read("target/dataops/review.json")
    everything += shop.run("diff").out + shop.run("diff", "--format", "json").out
    assert "Grace" not in everything
    assert "Edsger" not in everything
    found = _diff(shop)["stg_customers"]
    assert _columns(found)["customer_name"] == 3
    assert all(cell["hidden"] for sample in found["samples"] for cell in sample["cells"])


def test_a_window_of_time_that_both_sides_cover(shop: Shop) -> None:
    shop.change_data(
        "create table a as select i as id, timestamp '2024-01-01' + to_days(i::int) as at from range(10) t(i);"
        "create table b as select i as id, timestamp '2024-01-01' + to_days(i::int) as at from range(2, 14) t(i)"
    )
    words = ("prod.main.a", "prod.main.b", "--key", "id", "--event-time", "at")
    (diff,) = shop.ok("diff", *words, "--format", "json").json["diffs"]
    assert diff["window"]["column"] == "at"
    assert diff["window"]["start"].startswith("2024-01-03")
    assert diff["window"]["end"].startswith("2024-01-10")
    assert diff["window"]["outside"] == {"before": 2, "after": 4}
    assert (diff["rows"]["same"], diff["rows"]["added"], diff["rows"]["removed"]) == (8, 0, 0)


def test_a_share_of_a_huge_relation(shop: Shop) -> None:
    shop.change_data(
        "create table a as select i as id, i % 7 as v from range(40000) t(i);"
        "create table b as select i as id, case when i % 10 = 0 then -1 else i % 7 end as v from range(40000) t(i)"
    )
    words = ("diff", "prod.main.a", "prod.main.b", "--key", "id", "--sample-above", "10000", "--format", "json")
    (diff,) = shop.run(*words).json["diffs"]
    assert diff["sampling"]["one_in"] == 4
    assert 0 < diff["sampling"]["error"] < 0.02
    assert diff["rows"]["before"] == 40000
    assert abs(diff["rows"]["modified"] - 4000) < 40000 * diff["sampling"]["error"]
    # The same rows are chosen again.
    assert shop.run(*words).json["diffs"][0]["rows"] == diff["rows"]


def test_against_what_the_earlier_code_makes_of_todays_inputs(shop: Shop) -> None:
    """Production is older than its sources: that is told apart from what the change does."""
    with duckdb.connect(str(shop.production)) as connection:
        connection.execute("update payments set amount_cents = 900 where id = 102")
    _halved(shop)
    shop.ok("ci", "--keep")
    plain = _diff(shop)["fct_orders"]
    assert plain["rows"]["modified"] == 4
    apart = _diff(shop, "--against", "base-code")["fct_orders"]
    assert apart["against"] == "base code"
    assert apart["rows"]["modified"] == 3
    assert any("Not part of this change" in note and "1 modified" in note for note in apart["notes"])


def test_rows_that_fail_a_test_are_shown_and_named_by_their_key(shop: Shop) -> None:
    shop.edit("models/staging/stg_orders.sql", "customer_id", "case when id <> 12 then customer_id end as customer_id")
    shop.edit(
        "models/staging/staging.yml", "          - relationships:", "          - not_null\n          - relationships:"
    )
    assert shop.run("ci", "--keep").code == 1
    review = json.loads(shop.read("target/dataops/review.json"))
    (found,) = review["offending"]
    assert found["rows"] == [{"order_id": "12", "customer_id": None}]
    assert found["total"] == 1


def test_two_schemas_of_one_file(shop: Shop) -> None:
    """One's own target can lie in production's own file."""
    profile = yaml.safe_load(shop.read("profiles/profiles.yml"))
    profile["shop"]["outputs"]["mine"] = {**profile["shop"]["outputs"]["prod"], "schema": "mine"}
    profile["shop"]["target"] = "mine"
    shop.write("profiles/profiles.yml", dump(profile))
    shop.change_data("create schema mine; create table mine.fct_orders as select * from fct_orders")
    shop.ok("diff", "prod.main.fct_orders", "prod.mine.fct_orders")
