"""Names of columns as SQL, by SQLAlchemy's rule, which is that of Great Expectations on a warehouse."""

from __future__ import annotations

import re

_RESERVED = """
    all and any array as asc between by case cast check column create cross current_date current_timestamp default
    delete desc distinct drop else end except exists false fetch for foreign from full grant group having in inner
    intersect interval into is join lateral left like limit natural not null offset on or order outer over partition
    primary qualify references right rows select some table then to true union unique user using values when where
    window with
"""
RESERVED = frozenset(_RESERVED.split())
"""Words that name a column only between quotes, in one warehouse or another."""


def needs_quotes(name: str) -> bool:
    """Whether a name is more than lower-case letters, digits and underscores, or a word of SQL."""
    return name in RESERVED or not re.fullmatch("[a-z_][a-z0-9_]*", name)


def as_column(name: str) -> str:
    """A column in SQL."""
    quoted = name.replace('"', '""')
    return f'"{quoted}"' if needs_quotes(name) else name
