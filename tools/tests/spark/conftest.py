"""Fixtures: the Thrift server that `make spark` started, and a project on it that is in no other test's databases."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.spark.lake import Lake, Spark, lay_out

_COUNT = itertools.count(1)


@pytest.fixture(scope="session")
def spark() -> Spark:
    port = os.environ.get("DATAOPS_SPARK_PORT")
    assert port, "these tests need a cluster: `make spark` starts one and runs them"
    return Spark(int(port))


@pytest.fixture
def lay(tmp_path: Path, spark: Spark) -> Iterator[Callable[[], Lake]]:
    """Makes projects that are removed from the metastore after the test."""
    made: list[str] = []

    def make() -> Lake:
        schema = f"lake{os.getpid()}x{next(_COUNT)}"
        made.append(schema)
        return lay_out(tmp_path / schema, spark, schema)

    yield make
    for schema in made:
        for database in spark.databases(schema):
            spark.sql(f"drop database if exists {database} cascade")


@pytest.fixture
def lake(lay: Callable[[], Lake]) -> Lake:
    return lay()
