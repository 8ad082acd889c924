"""Names beside production's: of the schemas in which a release is built or kept, within what the server allows."""

from __future__ import annotations

import hashlib

LONGEST = 63
"""Bytes of an identifier; the server cuts longer ones without a word."""

_NEXT = "__next"
_OLD = "__old_"


def quoted(name: str) -> str:
    """An identifier as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL, whatever `standard_conforming_strings` says."""
    escaped = text.replace("'", "''")
    return f"E'{escaped}'".replace("\\", "\\\\") if "\\" in text else f"'{escaped}'"


def upcoming(schema: str) -> str:
    """The schema in which the next release's relations of `schema` are built."""
    return _beside(schema, _NEXT)


def superseded(schema: str, release: str) -> str:
    """The schema in which a superseded release's relations of `schema` are kept."""
    return _beside(schema, _OLD + release.lower().replace("-", "_"))


def _beside(schema: str, ending: str) -> str:
    """`schema` with an ending. One that would be too long is cut, and told apart by a digest of the whole."""
    if len((schema + ending).encode()) <= LONGEST:
        return schema + ending
    digest = hashlib.sha256(schema.encode()).hexdigest()[:8]
    room = LONGEST - len(ending) - len(digest) - 1
    return f"{schema.encode()[:room].decode(errors='ignore')}_{digest}{ending}"
