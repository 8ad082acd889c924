"""Which dialect an adapter speaks, by the names of the libraries that read SQL. Needs none of them."""

from __future__ import annotations

_BOTH = {"sqlserver": "tsql", "fabric": "tsql", "synapse": "tsql", "athena": "trino"}
_SQLFLUFF = {"spark": "sparksql", "fabricspark": "sparksql"}


def dialect(adapter: str) -> str:
    """What sqlglot calls the SQL of an adapter."""
    return _BOTH.get(adapter, adapter)


def lint_dialect(adapter: str) -> str:
    """What sqlfluff calls the SQL of an adapter."""
    return _SQLFLUFF.get(adapter, dialect(adapter))
