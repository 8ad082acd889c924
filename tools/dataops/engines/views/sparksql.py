"""What Spark and Databricks word alike: names, texts, errors, digests, and how a view is led elsewhere."""

from __future__ import annotations

import re
from typing import Any

from dataops.engines.views.session import RefusalError, Session

_CODE = re.compile(r"\[([A-Z][A-Z0-9_.]+)\]")
_OVERHEAD = re.compile(r"^.*?(?=\[[A-Z][A-Z0-9_.]+\])", re.DOTALL)
_MISSING = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND", "VIEW_NOT_FOUND", "TABLE_NOT_FOUND")
_MISSING_WORDS = ("Table or view not found", "NoSuchTableException", "NoSuchDatabaseException")
_THERE = ("ALREADY_EXISTS", "AlreadyExists")


class SparkSQL(Session):
    """A connection that speaks Spark's SQL."""

    mark = "`"
    seconds = "cast(unix_timestamp() as bigint)"

    def explained(self, error: Exception) -> RefusalError:
        """By its error class, where it names one."""
        return explained(error)

    def folded(self, name: str, in_quotes: bool = False) -> str:
        """Names are without case, in quotes too."""
        return name.lower()

    def literal(self, text: str) -> str:
        """Whatever the session makes of backslashes in quotes: there are none."""
        return literal(text)

    def content(self, relation: str) -> tuple[int, int | None]:
        """Its rows as JSON, each digested."""
        row = "to_json(struct(*), map('ignoreNullFields', 'false'))"
        found = self.rows(f"select count(*), bit_xor(xxhash64({row})) from {relation}")[0]  # noqa: S608
        return int(found[0]), None if found[1] is None else int(found[1])

    def lead(self, view: str, query: str) -> str:
        """`create or replace view` drops the view first on Spark 3; this does not."""
        return f"alter view {view} as {query}"


def literal(text: str) -> str:
    """A text as SQL, whatever the session makes of backslashes in quotes: there are none."""
    codes = "".join(each if each not in "\\'" and each.isprintable() else "\x00" for each in text)
    if "\x00" not in codes:
        return f"'{text}'"
    return f"cast(unhex('{text.encode().hex()}') as string)"


def explained(error: Exception) -> RefusalError:
    """What Spark's drivers raise."""
    given: Any = error.args[0] if error.args else error
    text = str(getattr(getattr(given, "status", None), "errorMessage", None) or error)
    found = _CODE.search(text)
    code = found.group(1) if found else ""
    lines = _OVERHEAD.sub("", text).strip().splitlines() or [type(error).__name__]
    message = lines[0].strip()
    return RefusalError(
        message,
        missing=any(code.startswith(each) for each in _MISSING) or any(each in message for each in _MISSING_WORDS),
        taken=any(each in code or each in message for each in _THERE),
    )
