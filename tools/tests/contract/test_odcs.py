"""Export and import of the Open Data Contract Standard: a round trip loses nothing, and what others write is read."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from tests.contract.round_trip import difference, standard, trip
from tests.shop import Shop, lay_out, refused

SHEET = """\
models:
  - name: fct_orders
    description: "One row per order, {{ 1 + 1 }} at most."
    config:
      tags: [core]
      meta: {owner: Sales, tier: 1}
      contract: {enforced: true}
      access: public
    constraints:
      - {type: check, expression: amount >= 0, name: amounts}
      - {type: primary_key, columns: [order_id]}
    data_tests:
      - dbt_is_fine:
          arguments: {}
          config: {severity: warn, where: amount > 0, tags: [nightly]}
    columns:
      - name: order_id
        description: |
          The key.

          It is ours.
        data_type: integer
        constraints: [{type: not_null}]
        data_tests:
          - unique
          - not_null: {config: {severity: warn, error_if: ">10", meta: {why: history}}}
          - relationships:
              name: every_order_was_staged
              description: No order comes from nowhere.
              arguments: {to: ref('stg_orders'), field: order_id}
      - name: customer_id
        data_type: integer
        quote: true
        config: {tags: [pii], meta: {masking_policy: by_hand}}
      - name: status
        data_type: varchar
        tags: [loud]
        data_tests:
          - accepted_values: {arguments: {values: [paid, open]}, config: {limit: 3, store_failures: true}}
      - {name: amount, data_type: "decimal(18, 2)"}
  - name: fct_priced
    description: Prices.
    latest_version: 2
    config: {contract: {enforced: true}, meta: {owner: Prices}}
    data_tests: [dbt_is_fine]
    columns:
      - {name: price, data_type: integer, description: In euros., data_tests: [not_null]}
      - {name: old, data_type: integer, tags: [pii]}
    versions:
      - v: 1
        deprecation_date: 2027-12-31
        description: As it was.
      - v: 2
        defined_in: fct_prices
        columns:
          - include: all
            exclude: [old]
          - {name: new, data_type: integer, constraints: [{type: not_null}]}
"""


@pytest.fixture(scope="module")
def described(tmp_path_factory: pytest.TempPathFactory) -> Shop:
    shop = lay_out(tmp_path_factory.mktemp("odcs") / "project", with_events=False)
    shop.write("models/marts/marts.yml", SHEET)
    shop.write(
        "tests/generic/dbt_is_fine.sql", "{% test dbt_is_fine(model) %}select 1 as one where false{% endtest %}\n"
    )
    shop.write("models/marts/fct_priced_v1.sql", "select 1 as price, 2 as old\n")
    shop.write("models/marts/fct_prices.sql", "select 1 as price, 2 as new\n")
    return shop


def test_export(described: Shop) -> None:
    described.ok("contract", "export", "--to", "out")
    names = sorted(path.name for path in (described.root / "out").iterdir())
    assert names == ["fct_orders.odcs.yaml", "fct_priced.v1.odcs.yaml", "fct_priced.v2.odcs.yaml"]
    document = yaml.safe_load(described.read("out/fct_orders.odcs.yaml"))
    standard().validate(document)
    assert (document["id"], document["apiVersion"], document["team"]["name"]) == ("shop.fct_orders", "v3.1.0", "Sales")
    key, customer, *_ = document["schema"][0]["properties"]
    assert (key["logicalType"], key["required"], key["unique"], key["description"]) == (
        "integer",
        True,
        True,
        "The key.\n\nIt is ours.\n",
    )
    assert (customer["classification"], customer["tags"]) == ("personal", ["pii"])
    assert {each["name"]: each.get("severity") for each in key["quality"]}["not_null"] == "warning"
    refused(described.run("contract", "export", "nothing", "--to", "out"), "the project has no model nothing")


def test_a_round_trip_loses_nothing(described: Shop) -> None:
    before, after, notes, _ = trip(described.root, "ci", profiles_dir=described.root / "profiles")
    assert difference(before, after) == []
    assert notes == []
    assert sum(uid.startswith("test.") for uid in before) >= 9


FOREIGN = """\
kind: DataContract
apiVersion: v3.1.0
id: sales.orders
version: 1.0.0
status: active
team: {name: Sales}
schema:
  - name: fct_orders
    description: "Orders, {{ braces }} and all."
    properties:
      - name: order_id
        physicalType: integer
        primaryKey: true
        quality: [{metric: duplicateValues, mustBe: 0}]
      - {name: customer_id, physicalType: integer, required: true, classification: personal}
      - name: status
        physicalType: varchar
        quality:
          - {metric: invalidValues, mustBe: 0, arguments: {validValues: [paid, open]}}
          - {type: sql, name: sums, query: select 1, mustBe: 1}
"""


def test_what_others_write_is_read(shop: Shop) -> None:
    shop.write("orders.yaml", FOREIGN)
    out = shop.ok("contract", "import", "orders.yaml", "--yes").out
    assert "orders.yaml: fct_orders.status: sums is no test that dbt has, and is not imported" in out
    assert "Nothing to write" in shop.ok("contract", "import", "orders.yaml", "--yes").out
    (entry,) = [
        each for each in yaml.safe_load(shop.read("models/marts/marts.yml"))["models"] if each["name"] == "fct_orders"
    ]
    assert entry["config"] == {"contract": {"enforced": True}, "meta": {"owner": "Sales"}}
    assert entry["description"] == "{% raw %}Orders, {{ braces }} and all.{% endraw %}"
    key, customer, status = entry["columns"]
    assert (key["constraints"], key["data_tests"]) == ([{"type": "primary_key"}], ["unique"])
    assert (customer["constraints"], customer["config"]) == ([{"type": "not_null"}], {"tags": ["pii"]})
    assert status["data_tests"] == [{"accepted_values": {"arguments": {"values": ["paid", "open"]}}}]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("kind: [", "cannot be read"),
        ("a: 1\n", "it has no `kind: DataContract`"),
        ("kind: DataContract\nversion: [1]\n", "`version`"),
        ("kind: DataContract\nschema: [{name: nothing}]\n", "the project has no model nothing"),
    ],
)
def test_what_is_no_contract_is_refused(fresh: Shop, text: str, said: str) -> None:
    fresh.write("some.yaml", text)
    refused(fresh.run("contract", "import", "some.yaml"), "some.yaml", said)
    refused(fresh.run("contract", "import", str(Path("not") / "there.yaml")), "cannot be read")
