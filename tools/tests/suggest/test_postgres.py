"""`dataops suggest` finds on a real PostgreSQL server what it finds on DuckDB."""

from __future__ import annotations

from pathlib import Path

from tests.postgres import output, serving, sql
from tests.suggest import bazaar
from tests.suggest.test_suggest import proposed


def test_the_same_is_proposed(tmp_path: Path) -> None:
    with serving() as server:
        sql(server, "create schema bazaar")
        for statement in bazaar.statements("bazaar"):
            sql(server, statement)
        sql(server, "analyze")
        shop = bazaar.lay_out(tmp_path / "project", output(server, "bazaar"))
        ran = shop.run("suggest", "--format", "json")
        assert ran.code == 1, ran.err
        found = proposed(ran.json)
        wrote = shop.run("suggest", "--write", "-s", "source:raw.orders fct_orders dim_customers source:raw.wild")
        assert wrote.code == 0, wrote.err
        built = shop.run("build", "--resource-type", "test")
        assert built.code == 0, built.out
    assert found["raw.orders", "status", "accepted_values"][0] == {
        "values": ["done", "paid", "placed", "returned", "sent"]
    }
    assert found["raw.orders", "größe in cm", "accepted_values"][0] == {"values": ["grün", "rot"]}
    assert found["raw.orders", "order_id", "unique"][1] == "no value twice in 18,880 rows"
    assert found["raw.orders", None, "dataops_toolkit.volume_anomalies"][0]["seasonality"] == "day_of_week"
    assert not any(column == "hit_rate" for _, column, _ in found)
    assert set(ran.json["unread"]) == {"model.bazaar.never_built", "source.bazaar.elsewhere.far"}
    assert ran.json["queries"]["profile"] == 10
