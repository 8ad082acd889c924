"""Who breaks with a column: only those who do, whatever they are written in, and nobody for a type that is the same."""

from __future__ import annotations

from typing import Any

from tests.shop import Shop, last

LAYER = """
semantic_models:
  - name: sales
    model: ref('fct_orders')
    defaults: {agg_time_dimension: ordered_at}
    entities:
      - {name: order, type: primary, expr: order_id}
      - {name: customer, type: foreign, expr: customer_id}
    dimensions:
      - {name: ordered_at, type: time, expr: "date '2024-01-01'", type_params: {time_granularity: day}}
      - {name: state, type: categorical, expr: lower(status)}
    measures:
      - {name: revenue, agg: sum, expr: amount}
      - {name: sold, agg: count, expr: order_id}
  - name: people
    model: ref('dim_customers')
    defaults: {agg_time_dimension: joined_at}
    entities: [{name: customer, type: primary, expr: customer_id}]
    dimensions: [{name: joined_at, type: time, expr: "date '2024-01-01'", type_params: {time_granularity: day}}]
    measures: [{name: heads, agg: count, expr: customer_id}]
metrics:
  - {name: revenue, label: R, type: simple, type_params: {measure: revenue}}
  - {name: twice, label: T, type: derived, type_params: {expr: 2 * revenue, metrics: [revenue]}}
  - {name: sold, label: S, type: simple, type_params: {measure: sold}}
  - name: paid
    label: P
    type: simple
    type_params: {measure: sold}
    filter: "{{ Dimension('order__state') }} = 'paid'"
  - {name: heads, label: H, type: simple, type_params: {measure: heads}}
saved_queries:
  - {name: weekly, query_params: {metrics: [twice], group_by: ["TimeDimension('metric_time', 'week')"]}}
  - {name: by_state, query_params: {metrics: [sold], group_by: ["Dimension('order__state')"]}}
  - {name: people, query_params: {metrics: [heads], group_by: ["Entity('customer')"]}}
exposures:
  - {name: board, type: dashboard, owner: {name: Board}, depends_on: [metric('twice')]}
  - name: narrow
    type: dashboard
    owner: {name: Board}
    depends_on: [ref('fct_orders'), ref('dim_customers')]
    meta: {referenced_columns: [{column_name: STATUS, node: ref('fct_orders')}]}
"""
SPINE = """
models:
  - name: spine
    time_spine: {standard_granularity_column: day}
    columns: [{name: day, granularity: day}]
"""


def test_the_semantic_layer_and_exposures_read_columns(shop: Shop) -> None:
    shop.write("models/marts/spine.sql", "select date '2024-01-01' as day\n")
    shop.write("models/marts/spine.yml", SPINE)
    shop.write("models/marts/layer.yml", LAYER)
    shop.write("models/marts/script.py", "def model(dbt, session):\n    return dbt.ref('fct_orders')[['amount']]\n")
    shop.commit()

    def readers(column: str, old: str, new: str) -> dict[str, dict[str, Any]]:
        """Who breaks when a column of fct_orders is called otherwise."""
        shop.edit("models/marts/fct_orders.sql", old, new)
        found = shop.plan("--base", "main")["breaking"]
        shop.edit("models/marts/fct_orders.sql", new, old)
        return {last(each["reader"]): each for each in found if each["column"] == column}

    amount = readers("amount", "0) as amount", "0) as total")
    assert {name for name, each in amount.items() if each["doubt"] is None} == {
        "sales", "revenue", "twice", "weekly", "board", "sales_dashboard", "no_negative_amounts"
    }  # fmt: skip
    assert amount["script"]["doubt"] == "reader"
    lines = LAYER.splitlines()
    for name, written in (("sales", "{name: revenue, agg"), ("revenue", "{name: revenue, label"), ("weekly", "weekly")):
        assert written in lines[amount[name]["line"] - 1], name
    status = set(readers("status", "orders.status", "orders.status as situation"))
    assert status == {"sales", "paid", "by_state", "narrow", "sales_dashboard"}
    # Without its key an order can no longer be counted; customers are counted as before.
    assert "people" not in readers("customer_id", "orders.customer_id", "orders.customer_id as buyer_id")
    shop.edit("models/marts/fct_orders.sql", "0) as amount", "0) as total")
    ran = shop.run("ci", "--base", "main")
    assert ran.code == 1
    assert "metric twice reads amount of fct_orders, which is removed" in ran.out
    assert "script may read amount of fct_orders, which is removed" in ran.out
    assert "Built and tested" not in ran.out
    assert "Not ready: 1 column that something reads would be gone" in ran.out


def test_a_type_that_is_the_same_breaks_nobody(shop: Shop) -> None:
    """Known to the released catalog; without one it is said to be possible, and settled by what is built."""
    shop.edit("models/staging/stg_customers.sql", "id as customer_id", "cast(id as integer) as customer_id")
    shop.edit("models/staging/stg_customers.sql", "name as customer_name", "cast(name as text) as customer_name")
    shop.edit("models/staging/stg_orders.sql", "    status", "    'paid' as status")
    assert shop.plan()["breaking"] == []
    found = shop.plan("--base", "main")["breaking"]
    assert {each["doubt"] for each in found} == {"type"}
    assert {last(each["reader"]) for each in found} >= {"dim_customers", "fct_orders"}
    assert (
        "dim_customers reads customer_id of stg_customers, which may be of another type"
        in shop.ok("plan", "--base", "main").out
    )
    ran = shop.ok("ci", "--base", "main")
    assert "Built and tested" in ran.out
    assert "another type" not in ran.out


def test_a_type_that_turns_out_to_be_another_breaks(shop: Shop) -> None:
    shop.edit("models/staging/stg_orders.sql", "    status", "    cast(length(status) as bigint) as status")
    sure = shop.run("ci")
    assert sure.code == 1
    assert "fct_orders reads status of stg_orders, which is retyped" in sure.out
    assert "Built and tested" not in sure.out
    settled = shop.run("ci", "--base", "main")
    assert settled.code == 1
    assert "fct_orders reads status of stg_orders, which is retyped" in settled.out
    assert "Built and tested" in settled.out
    assert "of another type" in settled.out.splitlines()[-2]


def test_a_name_in_another_case_is_still_there(shop: Shop) -> None:
    shop.edit("models/staging/stg_orders.sql", "id as order_id", "id as ORDER_ID")
    assert shop.plan()["breaking"] == []


def test_a_snapshot_reads_what_its_configuration_names(shop: Shop) -> None:
    shop.edit("models/staging/stg_customers.sql", "id as customer_id", "id as person_id")
    found = {last(each["reader"]): each for each in shop.plan()["breaking"]}
    assert found["customers_history"]["doubt"] is None
    assert (
        "customer_id"
        in shop.read("snapshots/customers_history.yml").splitlines()[found["customers_history"]["line"] - 1]
    )
