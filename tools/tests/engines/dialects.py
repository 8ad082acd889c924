"""Engines that no server here can run, by what speaks their SQL, with the names of their adapters."""

from __future__ import annotations

from dataops.engines.bigquery.session import Session as BigQuery
from dataops.engines.databricks.session import Session as Databricks
from dataops.engines.snowflake.session import Session as Snowflake
from dataops.engines.trino.session import Session as Trino
from dataops.engines.views.session import Session

DIALECTS: dict[type[Session], str] = {
    Snowflake: "snowflake",
    Databricks: "databricks",
    BigQuery: "bigquery",
    Trino: "trino",
}
