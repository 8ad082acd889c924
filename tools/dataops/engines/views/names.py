"""Names: what the warehouse calls a node's relation, and what tells one build's schemas from any other's."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from dataops.engines.views.session import Session


@dataclass(frozen=True)
class Served:
    """A node's relation. `key`: its schema and name as the warehouse keeps them; `written`: its schema as in dbt.

    `relation`: its full name as dbt renders it; `quoted`: whether the schema is in quotes there.
    """

    key: tuple[str, str]
    written: str
    relation: str
    quoted: bool

    def beside(self, session: Session, mark: str) -> str:
        """The schema in its stead in a build, as the warehouse keeps it."""
        return session.folded(session.beside(self.written, mark), self.quoted)

    def within(self, session: Session, schema: str) -> str:
        """The relation's full name, with another schema."""
        before, old, name = _parts(session, self.relation)
        new = session.quoted(schema) if self.quoted else schema
        return ".".join([*before, new, name]) if old else name


def served(session: Session, node: Any) -> Served:
    """What dbt's node is on the warehouse: what is not in quotes is folded there."""
    _, schema, name = _parts(session, str(node.relation_name))
    in_quotes = schema.startswith(session.mark)
    key = tuple(
        session.folded(str(plain), in_quotes=rendered.startswith(session.mark))
        for plain, rendered in ((node.schema, schema), (node.alias, name))
    )
    return Served((key[0], key[1]), str(node.schema), str(node.relation_name), in_quotes)


def _parts(session: Session, relation: str) -> tuple[list[str], str, str]:
    """A rendered name in parts, each in its quotes: what is before the schema, the schema, the name."""
    parts, rest = [], relation
    while rest:
        if rest.startswith(session.mark):
            end = rest.index(session.mark, 1) + 1
        else:
            end = rest.index(".") if "." in rest else len(rest)
        parts.append(rest[:end])
        rest = rest[end + 1 :]
    return parts[:-2], parts[-2], parts[-1]


def token() -> str:
    """What tells the schemas of one build from those of any other: its time, and a number drawn for it."""
    return f"{datetime.now(timezone.utc):%Y%m%dt%H%M%S}_{secrets.token_hex(3)}"
