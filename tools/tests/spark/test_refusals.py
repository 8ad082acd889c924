"""What Spark cannot do, and what no release could take back, is said before anything runs."""

from __future__ import annotations

from tests.shop import dump
from tests.spark.lake import STEPS, Lake


def test_doctor_tells_and_a_deploy_refuses(lake: Lake) -> None:
    lake.edit("models/sales_by_day.sql", "'insert_overwrite'", "'merge', unique_key='sold_on'")
    lake.edit("models/sales_log.sql", "'append'", "'append', unique_key='sale_id'")
    anew = "materialized='incremental', unique_key='sale_id', full_refresh=true"
    lake.write("models/made_again.sql", f"{{{{ config({anew}) }}}}\nselect 1 as sale_id\n")
    lake.edit("models/published.sql", "select", "{{ config(location_root='/tmp/elsewhere') }}\nselect")
    lake.write("models/scored.py", "def model(dbt, session):\n    return dbt.ref('fct_sales')\n")
    config = {"strategy": "check", "check_cols": "all", "unique_key": "product_id"}
    snapshot = {"name": "products_history", "relation": "ref('products')", "config": config}
    lake.write("snapshots/history.yml", dump({"snapshots": [snapshot]}))
    columns = [{"name": "edition", "data_type": "int", "constraints": [{"type": "not_null"}]}]
    lake.write("models/told.sql", "{{ config(contract={'enforced': true}) }}\nselect 1 as edition\n")
    lake.write(
        "models/promised.sql", "{{ config(materialized='view', contract={'enforced': true}) }}\nselect 1 as edition\n"
    )
    lake.write(
        "models/told.yml", dump({"models": [{"name": name, "columns": columns} for name in ("told", "promised")]})
    )
    # A seed has a format still, models have none.
    lake.edit("dbt_project.yml", "    +file_format: parquet\n    +mat", "    +mat")
    lake.edit("profiles/profiles.yml", STEPS, "set:hiveconf:spark.sql.other")
    lake.commit()
    told = lake.command("doctor")
    assert told.code != 0
    for words in (
        "an incremental model by `merge` changes rows, which plain tables of Spark cannot: sales_by_day",
        "has a `unique_key`, and is appended to: a row that comes again is there twice: sales_log",
        "over those of the one before: published",
        "Python models on Databricks only: scored",
        "a snapshot changes rows, which plain tables of Spark cannot: products_history",
        "a contract says `not_null`, which Spark refuses of a plain table once dbt has made it: told",
    ):
        assert words in told.out, words
    assert f'`server_side_parameters: {{"{STEPS}": "1000"}}`' in told.out
    # What is made anew is not appended to, and a view has no constraints.
    assert "made_again" not in told.out
    assert "promised" not in told.out
    before = lake.spark.databases(lake.schema)
    refused = lake.command("deploy")
    assert refused.code == 2
    assert "hint:" in refused.err
    # Only the records' database was made, which the lock is in.
    assert set(lake.spark.databases(lake.schema)) - set(before) == {f"{lake.schema}__dataops"}
