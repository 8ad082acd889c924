"""The session method: Spark in the process of the command, with its metastore in the project's folder."""

from __future__ import annotations

from tests.shop import dump
from tests.spark.lake import Lake


def on_session(lake: Lake) -> None:
    """The project with Spark's defaults: metastore and warehouse are where the process is started."""
    output = {
        "type": "spark",
        "method": "session",
        "host": "none",
        "schema": "own",
        "threads": 1,
        "server_side_parameters": {
            "spark.master": "local[1]",
            "spark.driver.host": "127.0.0.1",
            "spark.driver.bindAddress": "127.0.0.1",
            "spark.ui.enabled": "false",
            "spark.sql.shuffle.partitions": "1",
        },
    }
    outputs = {"prod": output, "ci": {**output, "schema": "own_ci"}}
    lake.write("profiles/profiles.yml", dump({"lake": {"target": "prod", "outputs": outputs}}))
    lake.remove("models/models.yml")
    lake.remove("models/sales_log.sql")
    lake.write(
        "models/stg_sales.sql", "select 1 as sale_id, 1 as product_id, 2 as quantity, date'2026-01-01' as sold_on\n"
    )
    lake.write(".gitignore", lake.read(".gitignore") + "metastore_db/\nspark-warehouse/\nderby.log\n")
    lake.commit("on a session")


def test_a_change_is_judged_with_an_embedded_metastore(lake: Lake) -> None:
    on_session(lake)
    lake.good("build")
    assert (lake.root / "metastore_db").is_dir()
    lake.git("checkout", "-qb", "change")
    lake.edit("models/fct_sales.sql", "/ 100 as amount", "/ 100 + 1 as amount")
    # A revision whose packages or settings differ is laid out in a folder of its own, and compiled there.
    lake.edit("dbt_project.yml", 'version: "1.0"', 'version: "1.1"')
    lake.commit()
    review = lake.good("ci", "--base", "main")
    assert "sales_by_day" in review.out
    # Nothing was opened in the folder that is gone, and nothing of it is left behind.
    assert lake.git("worktree", "list").count("\n") == 0
    lake.good("ci", "--clean")
