"""What is known of an adapter by its name alone, without dbt or a profile: what holds on its engine, in words."""

from __future__ import annotations

from dataclasses import replace

from dataops.engines.values import Capabilities

_VIEWS = Capabilities(
    engine="views",
    atomic="relation by relation",
    copies="incremental models, and what is paused",
    readers="one relation is of one release at any time; several can be of two until the last view is replaced",
    lock="a view beside production, from any machine; free five minutes after its owner died",
    workspace="the schema of the pull requests' target",
    trial="compiled only",
)
"""What holds wherever production is views; each warehouse says what is otherwise there."""

CAPABILITIES: dict[str, Capabilities] = {
    "duckdb": Capabilities(
        engine="DuckDB",
        atomic="all at once",
        copies="production's file, whole, and the attached databases that the project writes to",
        readers="an open connection goes on reading the old release; whoever connects sees the new one",
        lock="a file beside production, among processes that share its disk",
        workspace="a file of its own, to which production's is attached read-only",
        trial="tried for real",
        besides="exported files and attached databases, one after the other, right after the relations",
        exports=True,
        reopens=True,
    ),
    "postgres": Capabilities(
        engine="PostgreSQL",
        atomic="all at once",
        copies="incremental models and snapshots, with their indexes",
        readers=(
            "a transaction that reads production goes on; a publication waits for it, and for one that began earlier"
        ),
        lock="an advisory lock in the database, from any machine",
        workspace="the schema of the pull requests' target",
        trial="tried for real",
        besides="views outside that read the release, bound to it in the same transaction",
        exports=True,
        reopens=True,
    ),
    "spark": replace(
        _VIEWS,
        engine="Spark",
        copies="incremental models, with their format and partitions, and what is paused",
        lock="a view in the metastore, from any machine; free five minutes after its owner died",
        trial="tried for real",
        exports=True,
    ),
    "snowflake": replace(
        _VIEWS,
        engine="Snowflake",
        copies="incremental models and snapshots as clones, and what is paused",
        besides="who may select from a relation",
    ),
    "databricks": replace(
        _VIEWS,
        engine="Databricks",
        copies="incremental models and snapshots as deep clones, and what is paused",
        besides="who may select from a relation",
    ),
    "bigquery": replace(
        _VIEWS,
        engine="BigQuery",
        copies="incremental models and snapshots as clones, and what is paused",
        besides="who may read a relation, its description and its labels",
        lock="a table beside production, from any machine; free five minutes after its owner died",
    ),
    "trino": replace(
        _VIEWS,
        engine="Trino",
        copies="incremental models and snapshots, with their properties and partitions, and what is paused",
        besides="the comment of a relation",
    ),
}
"""By the adapter's name, every engine that there is: `registry` has their classes."""

REFUSED: dict[str, tuple[str, str]] = {
    "redshift": (
        "Redshift",
        "PostgreSQL's way needs `alter table … set schema` and a lock that ends with its session: Redshift has neither",
    ),
    "ducklake": (
        "DuckLake",
        "a lake is a catalog and files that a copy cannot stand in for, and its tables cannot be moved between schemas",
    ),
}
"""Where an engine might be expected and is none: what it is called, and why."""


def releases(adapter: str) -> bool:
    """Whether releases can be made of a production on this adapter, without a rehearsal there."""
    found = CAPABILITIES.get(adapter)
    return found is not None and found.trial == "tried for real"


def shares_target(adapter: str) -> bool:
    """Whether pull requests can do without a target of their own: they are built in a file beside production's."""
    return adapter == "duckdb"
