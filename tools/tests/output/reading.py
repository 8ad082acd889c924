"""Reads Markdown as GitHub does, to see what a reader would see."""

from __future__ import annotations

import re
from html.parser import HTMLParser

from markdown_it import MarkdownIt
from markdown_it.token import Token

_PARSER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ISOLATES = "\u2068\u2069"
ALLOWED = re.compile(r"</?(?:code|sub)>")
FOLD = re.compile(r"<details(?: open)?><summary>.*</summary>\n?\Z")


def tokens(text: str) -> list[Token]:
    return _PARSER.parse(text)


def shown(inline: Token) -> str:
    """The text of a paragraph or a cell. Whatever is markup that we do not write is a failure."""
    words = []
    for child in inline.children or []:
        if child.type in ("text", "code_inline"):
            words.append(child.content)
        elif child.type == "html_inline":
            assert ALLOWED.fullmatch(child.content), child.content
        else:
            assert child.type in ("strong_open", "strong_close", "em_open", "em_close"), (child.type, child.content)
    return "".join(words).translate({ord(char): None for char in ISOLATES})


def well_formed(text: str) -> list[list[str]]:
    """Assert that nothing in a page is broken or foreign; the cells of its tables, row by row."""
    rows: list[list[str]] = []
    folds = 0
    for token in tokens(text):
        if token.type == "html_block":
            content = token.content.strip()
            if content == "</details>":
                folds -= 1
            elif content.startswith("<sub>"):
                continue
            else:
                assert FOLD.match(content), content
                assert content.count("<details") == content.count("</summary>") == 1
                folds += 1
            assert folds in (0, 1)
        elif token.type == "tr_open":
            rows.append([])
        elif token.type == "inline":
            inner = shown(token)
            if rows and token.level >= 4:
                rows[-1].append(inner)
        else:
            known = ("heading", "paragraph", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td")
            assert token.type in ("fence",) or token.type.rsplit("_", 1)[0] in known, token.type
            assert token.type != "heading_open" or token.tag in ("h2", "h3")
    assert folds == 0
    return rows


class Tags(HTMLParser):
    """The elements of an HTML page, its text, and whatever would be fetched."""

    VOID = frozenset({"meta", "link", "br", "hr", "img", "input"})

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open, self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] not in ("style", "title"):
            self.words.append(data)
