"""Names: of relations as the server has them, and of the schemas in which a release is built or kept."""

from __future__ import annotations

import hashlib
import re
from typing import Any

LONGEST = 63
"""Bytes of an identifier; the server cuts longer ones without a word."""

_NEXT = "__next"
_WAITING = "__waiting"
_OLD = "__old_"

_PART = re.compile(r'"((?:[^"]|"")*)"|([^."]+)')
"""One of the names of a relation as SQL: in quotes, or plain."""


def quoted(name: str) -> str:
    """An identifier as SQL."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL, whatever `standard_conforming_strings` says."""
    escaped = text.replace("'", "''")
    return f"E'{escaped}'".replace("\\", "\\\\") if "\\" in text else f"'{escaped}'"


def served(node: Any) -> tuple[str, str]:
    """The schema and name of a node's relation as the server has them: what is not quoted is folded."""
    parts = [within or plain.lower() for within, plain in _PART.findall(node.relation_name or "")]
    if len(parts) < 2:
        return str(node.schema), str(node.alias)
    return parts[-2].replace('""', '"'), parts[-1].replace('""', '"')


def elsewhere(relation: str, schema: str) -> str:
    """A relation's name as SQL, with another schema."""
    parts = [found.group(0) for found in _PART.finditer(relation)]
    parts[-2] = quoted(schema) if parts[-2].startswith('"') else schema
    return ".".join(parts)


def upcoming(schema: str) -> str:
    """The schema in which the next release's relations of `schema` are built."""
    return _beside(schema, _NEXT)


def parked(schema: str) -> str:
    """The schema in which they wait to be published."""
    return _beside(schema, _WAITING)


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
