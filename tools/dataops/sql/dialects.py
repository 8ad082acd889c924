"""Which dialect an adapter speaks, by the names of the libraries that read SQL. Needs none of them."""

from __future__ import annotations

_SQLGLOT = {"sqlserver": "tsql", "fabric": "tsql", "synapse": "tsql", "athena": "trino", "fabricspark": "spark"}
_SQLFLUFF = {"spark": "sparksql"}


def dialect(adapter: str) -> str:
    """What sqlglot calls the SQL of an adapter."""
    return _SQLGLOT.get(adapter, adapter)


def lint_dialect(adapter: str) -> str:
    """What sqlfluff calls the SQL of an adapter."""
    return _SQLFLUFF.get(dialect(adapter), dialect(adapter))
