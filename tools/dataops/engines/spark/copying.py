"""Copies of tables that dbt can go on from: with format, partitions and buckets, which a plain copy would lose."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dataops.engines.spark.names import quoted
from dataops.engines.views.sparksql import literal

Ask = Callable[[str], list[tuple[Any, ...]]]
"""Gives the rows of a query."""

Send = Callable[[str], None]

_SHOWN = re.compile(r"^select \* from (`[^`]+`\.`[^`]+`)$")
"""The text of a view that shows a relation of a release (`publication`)."""

_BUCKETS = re.compile(r"`([^`]+)`")
_PART = re.compile(r"^Part \d+$")


@dataclass(frozen=True)
class Made:
    """What a table is made of. `provider` is empty for a view; `partitions` and `buckets` are columns or transforms."""

    provider: str
    partitions: tuple[str, ...] = ()
    bucketed: tuple[str, ...] = ()
    buckets: int = 0
    comment: str = ""
    text: str = ""
    """A view's query."""

    @property
    def view(self) -> bool:
        """Whether it has no rows of its own."""
        return not self.provider

    @property
    def clauses(self) -> str:
        """Between the name of a new table and its query."""
        words = [f"using {self.provider}"] if self.provider else []
        if self.partitions:
            words.append(f"partitioned by ({', '.join(self.partitions)})")
        if self.buckets:
            words.append(f"clustered by ({', '.join(map(quoted, self.bucketed))}) into {self.buckets} buckets")
        if self.comment:
            words.append(f"comment {self.comment}")
        return " ".join(words)


def beneath(ask: Ask, source: str) -> tuple[str, Made]:
    """The relation that a view of a release shows, and what it is made of; of anything else, itself.

    Both are names as SQL.
    """
    made = describe(ask(f"describe table extended {source}"))
    shown = _SHOWN.match(made.text)
    return beneath(ask, shown[1]) if shown else (source, made)


def copy(send: Send, source: str, made: Made, destination: str) -> None:
    """Make `destination`, which does not exist, a table with the rows of `source`; both are names as SQL."""
    if made.provider == "hive":
        # What Hive's own formats are made of, no `using` says.
        send(f"create table {destination} like {source}")
        if made.partitions:
            send("set hive.exec.dynamic.partition.mode = nonstrict")
        send(f"insert into {destination} select * from {source}")  # noqa: S608
    else:
        send(f"create table {destination} {made.clauses} as select * from {source}")  # noqa: S608


def describe(rows: list[tuple[Any, ...]]) -> Made:
    """Read `describe table extended`: columns, then what the table is partitioned by, then facts."""
    facts: dict[str, str] = {}
    partitions: list[str] = []
    part = ""
    for name, value, *_ in ((str(row[0]), str(row[1])) for row in rows):
        if name.startswith("# Part"):
            part = "partitions"
        elif name.startswith("# ") and name != "# col_name":
            part = "facts"
        elif part == "partitions" and name and name != "# col_name":
            partitions.append(value if _PART.match(name) else quoted(name))
        elif part == "facts" and name:
            facts.setdefault(name, value)
    if facts.get("Type") == "VIEW":
        return Made("", text=facts.get("View Text", ""))
    buckets = facts.get("Num Buckets", "0")
    comment = facts.get("Comment", "")
    return Made(
        facts.get("Provider", "hive").lower(),
        tuple(partitions),
        tuple(_BUCKETS.findall(facts.get("Bucket Columns", ""))),
        int(buckets) if buckets.isdigit() else 0,
        literal(comment) if comment.isprintable() and not set(comment) & set("\\'") else "",
    )
