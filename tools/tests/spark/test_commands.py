"""What works on a cluster over Thrift: the loop of a pull request, data, and what is shown of them."""

from __future__ import annotations

from tests.spark.lake import Lake


def test_the_loop_of_a_pull_request(lake: Lake) -> None:
    lake.good("doctor")
    lake.good("build")
    assert lake.edition_of() == 1
    lake.dbt("run", "--select", "published", "latest")
    lake.good("record", "target")
    lake.git("checkout", "-qb", "change")
    lake.edit("models/fct_sales.sql", "/ 100 as amount", "/ 100 + 1 as amount")
    lake.edit("models/sales_log.sql", "current_timestamp()", "now()")
    lake.commit()
    plan = lake.good("plan", "--base", "main")
    assert "fct_sales" in plan.out
    review = lake.good("ci", "--base", "main", "--keep")
    assert "Started from a copy of production's rows: sales_by_day" in review.out
    # Without format and partitions, `insert_overwrite` would end with PARTITIONS_NOT_FOUND.
    for name in ("sales_by_day", "sales_log"):
        made = lake.spark.value(f"show create table {lake.schema}_ci.{name}")
        assert "USING parquet" in made and "PARTITIONED BY (sold_on)" in made, made
    changed = lake.command("diff", "--select", "fct_sales", "--base", "main")
    assert changed.code in (0, 1) and "amount" in changed.out, changed.out + changed.err
    assert lake.spark.value(f"select sum(amount) from {lake.table('fct_sales')}") > 0
    assert lake.command("status").code == 0
    lake.good("ci", "--clean")
    assert not lake.spark.sql(f"show tables in {lake.schema}_ci")
    lake.good("report", "--to", "report.html")
    lake.good("site", "--to", "site")
