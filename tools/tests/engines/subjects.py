"""Every engine on trial, and those that can be started here."""

from __future__ import annotations

import os

from tests.engines.metastore import SparkMetastore
from tests.engines.subject import DuckDBFile, PostgresDatabase, Subject

SUBJECTS: dict[str, Subject] = {each.name: each for each in (DuckDBFile(), PostgresDatabase(), SparkMetastore())}

# `make spark` starts a cluster and tries Spark there; `make test` tries the others.
STARTED: list[str] = [
    name for name, each in sorted(SUBJECTS.items()) if each.needs_cluster == ("DATAOPS_SPARK_PORT" in os.environ)
]
