"""What is in a database: its relations, what kind each is, and of what it is made."""

from __future__ import annotations

import re

from dataops.engines.spark.names import quoted
from dataops.engines.views.session import RefusalError, Relation, Session

_ROW = re.compile(r"^(?P<name>[A-Z][A-Za-z ]+): ?(?P<value>.*)$")
_IDENTITY = ("Type", "Created Time", "Location", "View Text")
"""What differs where somebody replaced it: a view's text, and when and where a table was made."""

_VARYING = ("Last Access", "Statistics", "Partition Statistics")


def relations(session: Session, database: str) -> dict[str, Relation]:
    """All relations of a database by name; none where there is no such database."""
    try:
        rows = session.rows(f"show table extended in {quoted(database)} like '*'")
    except RefusalError as error:
        if error.missing:
            return {}
        raise
    found = {}
    for _, name, temporary, information in rows:
        if str(temporary).lower() != "true":
            facts = _facts(str(information))
            identity = repr({each: facts.get(each) for each in _IDENTITY})
            found[str(name)] = Relation(database, str(name), facts.get("Type") == "VIEW", identity)
    return found


def _facts(information: str) -> dict[str, str]:
    """Of lines `Name: value`; a view's text may have several lines."""
    found: dict[str, str] = {}
    last = ""
    for line in information.splitlines():
        row = _ROW.match(line)
        if row and row["name"] not in _VARYING:
            last = row["name"]
            found.setdefault(last, row["value"])
        elif last == "View Text" and row is None:
            found[last] += f"\n{line}"
    return found


def text(session: Session, relation: str) -> str:
    """The query, as it was written, of a view that is named as SQL."""
    rows = session.rows(f"describe table extended {relation}")
    return next((str(value) for name, value, _ in rows if str(name) == "View Text"), "")
