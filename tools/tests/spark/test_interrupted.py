"""A deploy while somebody writes to production, and one that is killed while it publishes."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Callable

from pyhive import exc

from tests.spark.lake import Lake


def deploying(lake: Lake) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "dataops", "deploy"],
        cwd=lake.root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait(process: subprocess.Popen[str], ready: Callable[[], bool]) -> None:
    """Until the deploy is as far as that; it must not end before."""
    while not ready():
        assert process.poll() is None, process.communicate()[0]
        time.sleep(0.1)


def test_a_writer_keeps_it_out_and_a_killed_one_is_finished(lake: Lake) -> None:
    spark = lake.spark
    # What is slow is left out: this is about the steps of publishing.
    lake.write("models/models.yml", lake.read("models/models.yml").partition("\nmodels:")[0] + "\n")
    lake.remove("models/sales_by_day.sql")
    lake.commit()
    first = lake.good("deploy")
    assert "moved aside" not in first.out
    assert "It replaced" not in first.out
    known = set(spark.databases(lake.schema))

    lake.write("models/published.sql", "select 2 as edition\n")
    lake.commit()
    process = deploying(lake)
    wait(process, lambda: set(spark.databases(lake.schema)) != known)
    spark.sql(f"alter view {lake.table('published')} as select 99 as edition")
    told = process.communicate()[0]
    print(f"\n$ dataops deploy    # while somebody replaces a view\n{told}")
    assert process.returncode == 2, told
    assert f"{lake.schema}.published in production was written to by someone else" in " ".join(told.split())
    assert lake.edition_of() == 99
    assert set(spark.databases(lake.schema)) == known

    def publishing() -> bool:
        try:
            return "null" not in str(spark.value(f"select record from {lake.schema}__dataops.pending")[:40])
        except exc.Error:
            return False

    process = deploying(lake)
    wait(process, publishing)
    process.kill()
    process.communicate()
    held = spark.value(f"select record from {lake.schema}__dataops.lock")
    assert str(process.pid) in held
    # Whoever comes next finishes it, and finds that the lock's owner is gone.
    lake.good("releases")
    assert lake.edition_of() == 2
    assert lake.edition_of("latest") == 2
    assert str(spark.value(f"select record from {lake.schema}__dataops.pending")).endswith('"record": null}')
    record = json.loads(spark.value(f"select record from {lake.schema}__dataops.live"))
    assert record["record"]["id"] == lake.live
    lake.good("rollback")
    assert (lake.edition_of(), lake.edition_of("latest")) == (1, 1)
