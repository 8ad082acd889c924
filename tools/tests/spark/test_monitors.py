"""Monitors and pauses on a cluster: the series are recorded, and what a monitor pauses stays as it was released."""

from __future__ import annotations

from typing import Any

from dataops import config
from dataops.history.reader import reading
from tests.shop import dump
from tests.spark.lake import Lake

STORED = {"store_failures": True, "store_failures_as": "table"}


def monitor(test: str, **arguments: Any) -> dict[str, Any]:
    return {f"dataops_toolkit.{test}": {"arguments": {"timestamp_column": "sold_on", **arguments}, "config": STORED}}


def watched(lake: Lake) -> None:
    """The sales of eighteen days, as of the morning after, with a monitor of each kind and nothing that is not read."""
    sources = lake.read("models/models.yml").partition("\nmodels:")[0] + "\n"
    lake.write("models/models.yml", sources)
    lake.remove("models/sales_by_day.sql")
    lake.remove("models/sales_log.sql")
    amount = {
        "name": "amount",
        "data_tests": [monitor("column_anomalies", column_anomalies=["average", "null_percent"])],
    }
    sales = {
        "name": "fct_sales",
        "columns": [amount],
        "data_tests": [monitor("volume_anomalies"), monitor("freshness_anomalies")],
    }
    lake.write("models/watched.yml", dump({"models": [sales]}))
    lake.write("dataops.yml", dump({"breaker": {"rules": [{"tests": "*volume_anomalies_*", "action": "pause"}]}}))
    lake.edit("dbt_project.yml", "models:\n", 'vars:\n  dataops_as_of: "2026-01-19T06:00:00"\n\nmodels:\n')
    lake.commit("watched")
    every = "cast(date_add(date'2026-01-01', cast(id div 10 as int)) as string)"
    lake.spark.sql(
        f"insert into {lake.schema}_app.sales select id + 7, id % 3 + 1, id % 5 + 1, {every} from range(0, 180)"
    )


def test_a_monitor_records_its_series_and_pauses_what_it_watches(lake: Lake) -> None:
    watched(lake)
    lake.good("deploy")
    assert "Production is healthy" in lake.good("status").out
    with reading(str(lake.root / config.load(lake.root).state), lake.root) as history:
        points = "select metric, count(*), sum(value)::integer, sum(is_anomaly::integer)::integer from points"
        found = history.connection.execute(f"{points} group by metric order by metric").fetchall()
    assert [metric for metric, *_ in found] == ["average", "freshness", "null_percent", "row_count"]
    assert [anomalies for *_, anomalies in found] == [0, 0, 0, 0]
    days, rows = found[-1][1:3]
    assert (days, rows) == (16, 160), found

    # A day's sales come five times.
    lake.spark.sql(
        f"insert into {lake.schema}_app.sales select id + 1000, id % 3 + 1, id % 5 + 1, '2026-01-18' from range(0, 40)"
    )
    # The others have been seen, and Spark takes long over each.
    lake.write(
        "models/watched.yml", dump({"models": [{"name": "fct_sales", "data_tests": [monitor("volume_anomalies")]}]})
    )
    lake.write("models/published.sql", "select 2 as edition\n")
    lake.commit()
    held = lake.command("deploy")
    assert held.code == 1, held.out + held.err
    assert "PAUSED fct_sales" in held.out
    assert "without what is held" in held.out
    count = f"select count(*) from {lake.table('fct_sales')}"
    assert (lake.edition_of(), lake.spark.value(count)) == (2, 186)
    status = lake.command("status")
    assert status.code == 1
    assert "PAUSED fct_sales" in status.out
    assert "volume_anomalies" in status.out
