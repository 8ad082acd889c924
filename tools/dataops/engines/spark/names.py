"""Names on Spark: of the databases in which releases are, of what is moved aside, and how all of them are written."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timezone
from typing import Any

LONGEST = 128
"""Characters of a database's or a relation's name, as the metastore's own tables hold them."""


def quoted(name: str) -> str:
    """An identifier as SQL."""
    return "`" + name.replace("`", "``") + "`"


def named(database: str, relation: str) -> str:
    """A relation as SQL."""
    return f"{quoted(database)}.{quoted(relation)}"


def served(node: Any) -> tuple[str, str]:
    """A node's database and name as the metastore has them: without regard to case."""
    return str(node.schema).lower(), str(node.alias).lower()


def elsewhere(relation: str, database: str) -> str:
    """A relation's name as SQL, with another database."""
    name = relation.rpartition(".")[2]
    return f"{quoted(database) if name.startswith('`') else database}.{name}"


def literal(text: str) -> str:
    """A text as SQL, whatever the session makes of backslashes in quotes: there are none."""
    codes = "".join(each if each not in "\\'" and each.isprintable() else "\x00" for each in text)
    if "\x00" not in codes:
        return f"'{text}'"
    return f"cast(unhex('{text.encode().hex()}') as string)"


def token() -> str:
    """What tells the databases of one build from those of any other: its time, and a number drawn for it."""
    return f"{datetime.now(timezone.utc):%Y%m%dt%H%M%S}_{secrets.token_hex(3)}"


def beside(name: str, ending: str) -> str:
    """A name with `__` and an ending. One that would be too long is cut, and told apart by a digest of the whole."""
    if len(f"{name}__{ending}") <= LONGEST:
        return f"{name}__{ending}"
    digest = hashlib.sha256(name.encode()).hexdigest()[:8]
    return f"{name[: LONGEST - len(ending) - len(digest) - 3]}_{digest}__{ending}"
