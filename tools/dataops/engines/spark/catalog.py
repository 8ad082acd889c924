"""What is in a database: its relations, what kind each is, and of what it is made."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dataops.engines.spark.names import named, quoted
from dataops.engines.spark.session import Session, SparkError

_ROW = re.compile(r"^(?P<name>[A-Z][A-Za-z ]+): ?(?P<value>.*)$")
_VARYING = ("Last Access", "Statistics", "Partition Statistics")


@dataclass(frozen=True)
class Relation:
    """A relation. `facts`: what the metastore tells of it."""

    database: str
    name: str
    facts: dict[str, str]

    @property
    def view(self) -> bool:
        """Whether it has no rows of its own."""
        return self.facts.get("Type") == "VIEW"

    @property
    def provider(self) -> str:
        """The format of a table: `parquet`, `delta`, …; `hive` for one without `using`."""
        return self.facts.get("Provider", "hive").lower()

    @property
    def sql(self) -> str:
        """As SQL names it."""
        return named(self.database, self.name)

    @property
    def identity(self) -> str:
        """What differs where somebody replaced it: a view's text, and when and where a table was made."""
        return repr({name: self.facts.get(name) for name in ("Type", "Created Time", "Location", "View Text")})


def relations(session: Session, database: str) -> dict[str, Relation]:
    """All relations of a database by name; none where there is no such database."""
    try:
        rows = session.rows(f"show table extended in {quoted(database)} like '*'")
    except SparkError as error:
        if error.missing:
            return {}
        raise
    found = {}
    for _, name, temporary, information in rows:
        if str(temporary).lower() != "true":
            found[str(name)] = Relation(database, str(name), _facts(str(information)))
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


def text(session: Session, relation: Relation) -> str:
    """A view's query as it was written."""
    rows = session.rows(f"describe table extended {relation.sql}")
    return next((str(value) for name, value, _ in rows if str(name) == "View Text"), "")


def content(session: Session, relation: str) -> tuple[int, int | None]:
    """How many rows a relation has, named as SQL, and a digest of them in which their order does not show."""
    row = "to_json(struct(*), map('ignoreNullFields', 'false'))"
    found = session.rows(f"select count(*), bit_xor(xxhash64({row})) from {relation}")[0]  # noqa: S608
    return int(found[0]), None if found[1] is None else int(found[1])
