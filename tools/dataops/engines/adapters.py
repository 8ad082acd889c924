"""What is known of an adapter by its name alone, before dbt or a profile is loaded."""

from __future__ import annotations


def releases(adapter: str) -> bool:
    """Whether releases can be made of a production on this adapter, without a rehearsal there."""
    return adapter in ("duckdb", "postgres", "spark")


def shares_target(adapter: str) -> bool:
    """Whether pull requests can do without a target of their own: they are built in a file beside production's."""
    return adapter == "duckdb"
