"""A message, and what all destinations have in common."""

from __future__ import annotations

from dataclasses import dataclass

from dataops.observe.alert.facts import Section

TIMEOUT = 5.0
"""Seconds to connect, and to wait for each answer."""


@dataclass(frozen=True)
class Picture:
    """A PNG file."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Notice:
    """One message. `tone`: bad, warned, good or quiet; services show it as a colour, pagers decide by it.

    `body` is all of it as text; `sections` and `links`, address and label, are the same for services that lay it out.
    """

    title: str
    body: str
    tone: str
    sections: tuple[Section, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    pictures: tuple[Picture, ...] = ()
