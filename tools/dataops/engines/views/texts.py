"""The text of a view, where a warehouse tells the whole statement that made it."""

from __future__ import annotations

import re

_TOKEN = re.compile(
    r"""'(?:[^'\\]|\\.|'')*' | "(?:[^"]|"")*" | \$\$.*?\$\$ | --[^\n]* | /\*.*?\*/ | [()] | \bas\b""",
    re.DOTALL | re.IGNORECASE | re.VERBOSE,
)


def query_of(statement: str) -> str:
    """What follows the `as` of a `create view`: the first one that is in no quotes, comment or parentheses."""
    depth = 0
    for found in _TOKEN.finditer(statement):
        word = found.group().lower()
        depth += (word == "(") - (word == ")")
        if word == "as" and depth == 0:
            return statement[found.end() :].strip().rstrip(";").rstrip()
    return statement
