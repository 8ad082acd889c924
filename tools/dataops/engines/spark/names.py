"""Names and texts on Spark, as SQL."""

from __future__ import annotations

LONGEST = 128
"""Characters of a database's or a relation's name, as the metastore's own tables hold them."""


def quoted(name: str) -> str:
    """An identifier as SQL."""
    return "`" + name.replace("`", "``") + "`"


def named(database: str, relation: str) -> str:
    """A relation as SQL."""
    return f"{quoted(database)}.{quoted(relation)}"
