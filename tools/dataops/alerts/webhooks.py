"""Incoming webhooks of Slack and Teams, in the layout of Elementary's messages (the only place that imports them).

Elementary's own clients wait without end for a server that does not answer, and quote the address in an error: the
layout is Elementary's, the request is ours.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import requests
from elementary.messages import block_builders as build
from elementary.messages.blocks import CodeBlock, DividerBlock, HeaderBlock, Icon, LineBlock, LinesBlock
from elementary.messages.formats.adaptive_cards import format_adaptive_card
from elementary.messages.formats.block_kit import format_block_kit
from elementary.messages.message_body import Color, MessageBlock, MessageBody

from dataops.alerts.alert import TIMEOUT, Notice, Section, written

Payload = dict[str, Any]

LARGEST = 25_000
"""Bytes of a card that Teams takes for certain; its own limit is 28 kB. Slack's is larger."""

_OWN = {
    "slack": re.compile(r"https://hooks\.slack(-gov)?\.com/services/"),
    "teams": re.compile(
        r"https://[\w.-]+\.(logic\.azure\.com|environment\.api\.powerplatform\.com)(:443)?/.*workflows/"
    ),
}
"""The addresses that the two services hand out."""
_TOLD = re.compile(r"(slack|teams)\+(https?://[^/\s]+\S*)")

_ICONS = {
    "FAILING": Icon.X,
    "PAUSED": Icon.POLICE_LIGHT,
    "ANOMALOUS": Icon.WARNING,
    "LATE": Icon.WARNING,
    "RESOLVED": Icon.CHECK,
}
_COLOURS = {"bad": Color.RED, "warned": Color.YELLOW, "good": Color.GREEN}


def parsed(address: str) -> tuple[str, str] | None:
    """`slack` or `teams`, and the address to send to; None if it is neither's.

    `slack+https://host/path` is an address that speaks Slack's language elsewhere.
    """
    if told := _TOLD.fullmatch(address):
        return told[1], told[2]
    return next(((name, address) for name, own in _OWN.items() if own.match(address)), None)


class Webhook:
    """Where messages go, laid out for it."""

    def __init__(self, variable: str, service: str, address: str) -> None:
        """`service` and `address` as `parsed` tells them. The address holds a secret."""
        self.variable = variable
        self._address = address
        self._lay_out = _LAYOUTS[service]

    def send(self, notice: Notice) -> str | None:
        """Send one message, without its pictures, which no webhook takes. Why it was not taken, None if it was."""
        try:
            # A redirect could carry a secret to another host.
            answer = requests.post(
                self._address, json=self._lay_out(notice), timeout=(TIMEOUT, TIMEOUT), allow_redirects=False
            )
        except requests.RequestException as error:
            down = isinstance(error, (requests.ConnectionError, requests.Timeout))
            return "no connection to it" if down else "it was not taken"
        return None if answer.status_code in range(200, 300) else f"it answered {answer.status_code}"


def slack(notice: Notice) -> Payload:
    """Blocks and a coloured attachment; `text` is what a notification shows."""
    told = format_block_kit(_message(notice, _slack_text))
    return {"text": _slack_text(notice.title), "blocks": told.blocks, "attachments": told.attachments}


def teams(notice: Notice) -> Payload:
    """An adaptive card. What makes it too large is left out: first rows, then all but the headlines."""
    for smaller in (notice, _bare(notice, keep_lines=True), _bare(notice, keep_lines=False)):
        card = format_adaptive_card(_message(smaller, _card_text))
        if len(json.dumps(card)) <= LARGEST:
            break
    content = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [content]}


_LAYOUTS: dict[str, Callable[[Notice], Payload]] = {"slack": slack, "teams": teams}


def _message(notice: Notice, safe: Callable[[str], str]) -> MessageBody:
    """A header, and under a line each section. `safe`: takes from a text what the service reads as its own marks."""
    blocks: list[MessageBlock] = [HeaderBlock(text=notice.title)]
    if notice.links:
        links = [(label, address, Icon.LINK) for address, label in notice.links]
        blocks.append(LinesBlock(lines=[build.LinksLineBlock(links=links)]))
    blocks.append(DividerBlock())
    for section in notice.sections:
        blocks += _blocks(section, safe)
    return MessageBody(blocks=blocks, color=_COLOURS.get(notice.tone))


def _blocks(section: Section, safe: Callable[[str], str]) -> Iterator[MessageBlock]:
    icon = _ICONS.get(section.headline.partition(" ")[0])
    headline = build.BoldTextLineBlock(text=safe(section.headline))
    if icon:
        headline = LineBlock(inlines=[*build.TextLineBlock(text=icon).inlines, headline])
    lines = [headline, *(build.TextLineBlock(text=safe(each)) for each in section.lines)]
    if section.link:
        lines.append(build.LinkLineBlock(text=section.link[1], url=section.link[0]))
    yield LinesBlock(lines=lines)
    facts = [(label.capitalize(), safe(value) or "nobody") for label, value in section.facts]
    if facts:
        yield build.FactsBlock(facts=facts)
    if section.rows:
        # No table: Slack takes one a message, and a wide one cannot be read on either.
        yield CodeBlock(text=safe("\n".join(map(written, section.rows))).replace("`", "'"))
    if section.note:
        yield LinesBlock(lines=[build.ItalicTextLineBlock(text=safe(section.note))])


def _bare(notice: Notice, keep_lines: bool) -> Notice:
    """A message without failing rows, and without all but the headlines if it must be."""
    sections = (
        replace(each, rows=()) if keep_lines else Section(each.headline, link=each.link) for each in notice.sections
    )
    return replace(notice, sections=tuple(sections))


def _slack_text(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _card_text(text: str) -> str:
    """Without Markdown's links, emphasis and code: a mark is followed by a joiner that nobody sees."""
    return re.sub(r"([\[\]*`])", "\\1\u2060", text)
