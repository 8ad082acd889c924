"""Text as Markdown that reads as that text: nothing in it is markup, a mention, a reference or a command."""

from __future__ import annotations

import html
import re
import unicodedata

from dataops.output.page.blocks import Line, Span

_PLAIN_CODE = re.compile(r"[^`|\\\n]*\Z")
_ACTIVE = re.compile(
    r"[\\`*<|~$\[]|&(?=#?\w+;)|(?<!\w)_|_(?!\w)|^>|^[+-](?=\s|$)|^#+(?=\s|$)|^\d+[.)](?=\s|$)|^[=-]{2,}$|(?<=:)/|(?<=www)\."
)
_MARKUP = re.compile(r"[\\`*_\[\]<>|~&$:@]|(?<=www)\.|^ | $")
# What GitHub and GitLab turn into a link, and a mention into a message to somebody.
_REFERENCE = re.compile(r"(?<![\w&])[@#!%$]\w[\w./-]*|(?<![\w])(?:GH|gh)-\d+")


def line(spans: Line) -> str:
    """A line of Markdown, for a paragraph or the cell of a table."""
    written = ""
    for each in spans:
        more = span(each)
        # Two runs of backticks that touch would be one.
        if written.endswith("`") and more.startswith("`"):
            more = _marked_up(each.text)
        written += more
    return written


def span(each: Span) -> str:
    """One piece of it."""
    if each.style == "code":
        return _isolated(code(each.text), each.text)
    if each.style == "strong":
        return f"**{text(each.text)}**"
    if each.style == "aside":
        return f"*{text(each.text)}*"
    return _isolated(text(each.text), each.text)


def code(content: str) -> str:
    """Code in which every character stands for itself, in a table too."""
    if content and content == content.strip() and _PLAIN_CODE.match(content):
        return f"`{content}`"
    return _marked_up(content)


def text(content: str) -> str:
    """Plain text."""
    parts, start = [], 0
    for found in _REFERENCE.finditer(content):
        parts += [_escaped(content[start : found.start()]), _marked_up(found.group())]
        start = found.end()
    parts.append(_escaped(content[start:]))
    return "".join(parts)


def inside_html(spans: Line) -> str:
    """A line for a place where Markdown is not read: the summary of a fold."""
    words = []
    for each in spans:
        written = html.escape(each.text, quote=False)
        words.append(_isolated(f"<code>{written}</code>" if each.style == "code" else written, each.text))
    return "".join(words)


def fence(content: str) -> str:
    """A block of code that no line of its content can end."""
    longest = max((len(run) for run in re.findall(r"`+", content)), default=0)
    ticks = "`" * max(3, longest + 1)
    return f"{ticks}text\n{content}\n{ticks}"


def _marked_up(content: str) -> str:
    return f"<code>{_MARKUP.sub(lambda found: _entity(found.group()), content)}</code>"


def _escaped(content: str) -> str:
    return _ACTIVE.sub(
        lambda found: "".join(char if char.isalnum() else _entity(char) for char in found.group()), content
    )


def _entity(char: str) -> str:
    return f"&#{ord(char)};"


def _isolated(written: str, content: str) -> str:
    """Between isolating marks where it runs from right to left, so that the line around it keeps its order."""
    if any(unicodedata.bidirectional(char) in ("R", "AL", "AN") for char in content):
        return f"\u2068{written}\u2069"
    return written
