"""What Spark cannot do, and what no release could take back, is said before anything runs."""

from __future__ import annotations

from tests.shop import dump
from tests.spark.lake import Lake


def test_doctor_tells_and_a_deploy_refuses(lake: Lake) -> None:
    lake.edit("models/sales_by_day.sql", "'insert_overwrite'", "'merge', unique_key='sold_on'")
    lake.edit("models/published.sql", "select", "{{ config(location_root='/tmp/elsewhere') }}\nselect")
    lake.write("models/scored.py", "def model(dbt, session):\n    return dbt.ref('fct_sales')\n")
    config = {"strategy": "check", "check_cols": "all", "unique_key": "product_id"}
    snapshot = {"name": "products_history", "relation": "ref('products')", "config": config}
    lake.write("snapshots/history.yml", dump({"snapshots": [snapshot]}))
    columns = [{"name": "edition", "data_type": "int", "constraints": [{"type": "not_null"}]}]
    lake.write("models/told.sql", "{{ config(contract={'enforced': true}) }}\nselect 1 as edition\n")
    lake.write("models/told.yml", dump({"models": [{"name": "told", "columns": columns}]}))
    # A seed has a format still, models have none.
    lake.edit("dbt_project.yml", "    +file_format: parquet\n    +mat", "    +mat")
    lake.commit()
    told = lake.command("doctor")
    assert told.code != 0
    for words in (
        "incremental by `merge`",
        "published has a `location_root`",
        "scored is a Python model",
        "the snapshot products_history changes rows",
        "the contract of told says `not_null`",
    ):
        assert words in told.out, words
    before = lake.spark.databases(lake.schema)
    refused = lake.command("deploy")
    assert refused.code == 2
    assert "hint:" in refused.err
    # Only the records' database was made, which the lock is in.
    assert set(lake.spark.databases(lake.schema)) - set(before) == {f"{lake.schema}__dataops"}
