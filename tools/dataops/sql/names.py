"""Names as the dialect compares them."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from sqlglot import Dialect, exp
from sqlglot.dialects.dialect import NormalizationStrategy
from sqlglot.errors import SqlglotError

Parts = tuple[str, ...]


class Names:
    """The rules by which a dialect compares names."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.blind = dialect.normalization_strategy in (
            NormalizationStrategy.CASE_INSENSITIVE, NormalizationStrategy.CASE_INSENSITIVE_UPPERCASE
        )  # fmt: skip

    @property
    def keeps_case_of_table(self) -> bool:
        """Whether a column that is named but not renamed is called as in the table, in whatever case it is written."""
        return self.dialect.__class__.__name__ == "DuckDB"

    def stored(self, name: str) -> str:
        """The key of a name that the warehouse holds."""
        return name.casefold() if self.blind else name

    def key(self, identifier: exp.Identifier) -> str:
        """What an identifier in SQL is compared by."""
        return self.stored(self.shown(identifier))

    def keys(self, parts: Iterable[exp.Expr]) -> Parts:
        """The keys of a name in several parts."""
        return tuple(self.key(part) for part in parts if isinstance(part, exp.Identifier))

    def shown(self, identifier: exp.Identifier) -> str:
        """The name that a column gets from an identifier."""
        if self.blind or identifier.args.get("quoted"):
            return identifier.name
        if self.dialect.normalization_strategy is NormalizationStrategy.UPPERCASE:
            return identifier.name.upper()
        if self.dialect.normalization_strategy is NormalizationStrategy.CASE_SENSITIVE:
            return identifier.name
        return identifier.name.lower()

    def relation(self, table: exp.Table) -> Parts | None:
        """What a table's name is compared by; None where it is a function or the like."""
        parts = table.parts
        plain = parts and all(isinstance(part, exp.Identifier) for part in parts)
        return self.keys(parts) if plain else None


def spoken(dialect: str) -> Names:
    """The rules of a dialect by its name; the plainest ones where it is not known."""
    try:
        return Names(Dialect.get_or_raise(dialect))
    except ValueError:
        return Names(Dialect())


@lru_cache(maxsize=8192)
def rendered(name: str, dialect: str) -> Parts | None:
    """The key of a relation's name as dbt renders it into SQL; None where it is no plain name."""
    try:
        speaker = Dialect.get_or_raise(dialect)
        table = exp.to_table(name, dialect=speaker)
    except (SqlglotError, ValueError, RecursionError):
        return None
    return Names(speaker).relation(table) if isinstance(table, exp.Table) else None
