"""Releases on a cluster: production is views, replaced one by one while readers read."""

from __future__ import annotations

import json
import threading
from typing import Any

from pyhive import exc

from tests.spark.lake import Lake


class Readers:
    """Threads that read two relations of production without a pause, and what they saw."""

    def __init__(self, lake: Lake, query: str) -> None:
        self._lake = lake
        self._query = query
        self._ended = threading.Event()
        self.seen: list[tuple[Any, ...]] = []
        self.errors: list[str] = []
        self._threads = [threading.Thread(target=self._read) for _ in range(1)]

    def __enter__(self) -> Readers:
        for each in self._threads:
            each.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        for each in self._threads:
            each.join()

    def _read(self) -> None:
        with self._lake.spark.connected() as connection:
            while not self._ended.is_set():
                cursor = connection.cursor()
                try:
                    cursor.execute(self._query)
                    self.seen.append(tuple(cursor.fetchall()[0]))
                except exc.Error as error:
                    self.errors.append(str(error)[:500])
                self._ended.wait(0.2)


def kinds(lake: Lake) -> dict[str, str]:
    rows = lake.spark.sql(f"show table extended in {lake.schema} like '*'")
    return {str(name): "view" if "Type: VIEW" in str(facts) else "table" for _, name, _, facts in rows}


def test_a_production_that_dbt_built_is_adopted_released_and_led_back(lake: Lake) -> None:
    spark = lake.spark
    lake.good("build")
    built = spark.sql(f"select sale_id, logged_at from {lake.table('sales_log')} order by sale_id")
    both = f"select (select edition from {lake.table('published')}), (select edition from {lake.table('latest')})"

    lake.write("models/published.sql", "select 2 as edition\n")
    lake.commit()
    lake.sell(7, 9, "2026-01-02")
    with Readers(lake, both) as readers:
        first = lake.good("deploy")
    told = " ".join(first.out.split())
    assert "Relation by relation: 8 views were replaced within" in told
    assert "6 tables were moved aside" in told
    assert set(readers.seen) <= {(1, 1), (2, 1), (1, 2), (2, 2)}
    print(f"adoption: {len(readers.seen)} reads, {len(readers.errors)} errors")
    # Nothing but what is said of it: for a moment, there is no table.
    assert all("NOT_FOUND" in each or "FILE_NOT_EXIST" in each for each in readers.errors), readers.errors
    shown = {name: kind for name, kind in kinds(lake).items() if "__" not in name}
    assert set(shown.values()) == {"view"}
    # The incremental model went on from the rows that dbt had built.
    logged = spark.sql(f"select sale_id, logged_at from {lake.table('sales_log')} order by sale_id")
    assert logged[:6] == built
    assert len(logged) == 9

    lake.write("models/published.sql", "select 3 as edition\n")
    lake.commit()
    lake.sell(10, 12, "2026-01-03")
    plan = lake.good("plan")
    assert "published" in plan.out
    with Readers(lake, both) as readers:
        second = lake.good("deploy")
    assert "moved" not in second.out
    mixed = sum(one != two for one, two in readers.seen)
    print(f"release over release: {len(readers.seen)} reads, {len(readers.errors)} errors, {mixed} of two releases")
    assert readers.errors == []
    assert set(readers.seen) <= {(2, 2), (3, 2), (2, 3), (3, 3)}
    assert [row[0] for row in spark.sql(f"select count(*) from {lake.table('sales_log')}")] == [12]
    for name in ("sales_by_day", "sales_log"):
        database = next(each for each in spark.databases(lake.schema) if each in second_databases(lake))
        made = spark.value(f"show create table {database}.{name}")
        assert "USING parquet" in made and "PARTITIONED BY (sold_on)" in made, made

    # A pull request starts from the tables that production's views show.
    lake.git("checkout", "-qb", "change")
    lake.edit("models/sales_by_day.sql", "count(*) as sales", "count(*) + 1 as sales")
    lake.commit()
    judged = lake.good("ci", "--keep")
    assert "Started from a copy of production's rows: sales_by_day" in judged.out
    assert "PARTITIONED BY (sold_on)" in spark.value(f"show create table {lake.schema}_ci.sales_by_day")
    lake.git("checkout", "-q", "main")
    lake.good("releases")
    with Readers(lake, both) as readers:
        lake.good("rollback")
    print(f"rollback: {len(readers.seen)} reads, {len(readers.errors)} errors")
    assert readers.errors == []
    assert (lake.edition_of(), lake.edition_of("latest")) == (2, 2)
    lake.good("rollback")
    assert (lake.edition_of(), lake.edition_of("latest")) == (1, 1)
    assert spark.sql(f"select sale_id, logged_at from {lake.table('sales_log')} order by sale_id") == built

    # What does not pass is not seen, and nothing is left of it.
    before = spark.databases(lake.schema)
    lake.write("models/published.sql", "select 4 as edition\n")
    lake.edit("models/fct_sales.sql", "/ 100 as amount", "/ -100 as amount")
    lake.commit()
    refused = lake.command("deploy")
    assert refused.code == 1
    assert "production is untouched" in refused.out
    assert spark.databases(lake.schema) == before
    assert lake.edition_of() == 1
    lake.command("status")
    lake.good("site", "--to", "site")


def second_databases(lake: Lake) -> set[str]:
    record = json.loads(lake.spark.value(f"select record from {lake.schema}__dataops.live"))
    return set(record["record"]["databases"].values())
