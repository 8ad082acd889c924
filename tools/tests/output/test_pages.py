"""The page of a review: what a reader sees, in Markdown and in HTML, whatever the project and its data are like."""

from __future__ import annotations

import io
import math
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from rich.console import Console

from dataops.diff.difference import ColumnDiff, Rows
from dataops.output import escaping, markdown, terminal, terminal_data, webpage
from dataops.output.page import blocks, values, whole
from dataops.review.verdict import Review
from tests.output import examples, shapes
from tests.output.reading import ISOLATES, Tags, shown, tokens, well_formed
from tests.written import golden

LIMIT = 65_536


def _terminal(render: object, *given: object) -> str:
    stream = io.StringIO()
    assert callable(render)
    render(Console(file=stream, width=160), *given)
    return stream.getvalue()


# -- what people read -------------------------------------------------------------------------------------------------


def test_the_page_as_written() -> None:
    golden("page.md", markdown.review(examples.review()))


def test_the_terminal_as_written() -> None:
    golden("page.txt", _terminal(terminal.review, examples.review()))


@pytest.mark.parametrize("name", ["alerts", "admissions", "orders", "pairs"])
def test_one_difference_as_written(name: str) -> None:
    difference = getattr(examples, name)()
    golden(f"diff_{name}.md", markdown.diff(difference))
    golden(f"diff_{name}.txt", _terminal(terminal_data.diff, difference))


def test_several_differences() -> None:
    several = (examples.alerts(), examples.orders(), examples.alike("model.dataops.dim_items"))
    text = markdown.diffs(several)
    assert text.startswith("## Data: 2 of 3 relations differ\n\n| relation |")
    assert "`fct_orders` *sampled*" in text
    assert "<details><summary><code>fct_alerts</code>: 312 rows modified" in text
    well_formed(text)
    assert "Data: 2 of 3 relations differ" in webpage.diffs(several)
    assert markdown.diffs(()) == "## Data: nothing was compared\n"


def test_a_reviewer_meets_things_in_the_order_of_their_weight() -> None:
    text = markdown.review(examples.review())
    order = (
        "Not ready",
        "### Breaks 1 reader",
        "### What failed",
        "3 of 7 rows",
        "### Rules on the data",
        "severities follow",
        "### Lint",
        "### Data: 4 of 6",
        "98.6 % of the modified rows",
        "<details><summary><code>fct_admissions",
        "### What changed",
        "What runs",
        "Exposures affected",
        "plan 1.2 s",
    )
    places = [text.index(each) for each in order]
    assert places == sorted(places)


# -- whatever is in it ------------------------------------------------------------------------------------------------


styles = st.sampled_from(("plain", "code", "aside", "strong"))
spans = st.lists(st.builds(blocks.Span, shapes.texts.map(values.visible), styles), min_size=1, max_size=3)


@given(spans)
def test_a_cell_reads_as_what_was_put_in_it(line: list[blocks.Span]) -> None:
    # Emphasis is only given to words of our own, never to two neighbours.
    line = [span if span.style in ("plain", "code") else blocks.Span("word", "plain") for span in line]
    cell = escaping.line(tuple(line))
    rows = well_formed(f"| a | b |\n| --- | --- |\n| {cell} | end |")
    expected = "".join(span.text for span in line)
    assert [each.strip() for each in rows[1]] == [expected.strip(), "end"]


@given(spans)
def test_a_list_and_a_paragraph_read_as_what_was_put_in_them(line: list[blocks.Span]) -> None:
    line = [span if span.style in ("plain", "code") else blocks.Span("word", "plain") for span in line]
    expected = "".join(span.text for span in line).strip()
    written = escaping.line(tuple(line))
    for text in (written, f"- {written}"):
        inline = [shown(token) for token in tokens(text) if token.type == "inline"]
        assert [each.strip() for each in inline if each.strip()] == ([expected] if expected else [])


@example("```")
@example("a\n~~~\n````\nb")
@given(shapes.texts)
def test_a_fence_ends_where_it_should(content: str) -> None:
    written = "\n".join(values.visible(line) for line in content.split("\n"))
    found = tokens(escaping.fence(written) + "\n\nend")
    assert [token.type for token in found] == ["fence", "paragraph_open", "inline", "paragraph_close"]


def _cells(section: blocks.Section) -> Iterator[list[str]]:
    stack: list[blocks.Block] = list(section.blocks)
    while stack:
        block = stack.pop(0)
        if isinstance(block, blocks.Folded):
            stack = [*block.blocks, *stack]
        elif isinstance(block, blocks.Table):
            for row in block.rows:
                yield ["".join(span.text for span in cell).strip() for cell in row]


@settings(max_examples=40)
@given(shapes.reviews)
def test_a_page_is_well_formed_and_fits(review: Review) -> None:
    text = markdown.review(review)
    assert len(text.encode()) <= markdown.LIMIT
    rows = well_formed(text)
    known = {tuple(row) for section in whole.review(review).sections for row in _cells(section)}
    heads = sum(token.type == "thead_open" for token in tokens(text))
    assert sum(tuple(cell.strip() for cell in row) in known for row in rows) >= len(rows) - heads


@settings(max_examples=25)
@given(shapes.reviews)
def test_a_web_page_is_well_formed_and_says_the_same(review: Review) -> None:
    page = whole.review(review)
    tags = Tags(webpage.review(review))
    said = " ".join("".join(tags.words).split())
    for section in page.sections:
        for row in _cells(section):
            for cell in row:
                assert " ".join(cell.split()) in said
    _harmless(tags)


def _harmless(tags: Tags) -> None:
    """Nothing runs and nothing is fetched."""
    assert not {"script", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in tags.seen}
    for tag, attributes in tags.seen:
        assert not [name for name in attributes if name.startswith("on")]
        assert attributes.get("src") is None
        assert attributes.get("href") in ((None, "data:,") if tag == "link" else (None,))


def test_a_web_page_can_be_read_by_everybody() -> None:
    tags = Tags(webpage.review(examples.review()))
    assert ("html", {"lang": "en"}) in tags.seen
    found = [attributes.get("scope") for tag, attributes in tags.seen if tag == "th"]
    assert set(found) == {"col", "row"}
    headings = [tag for tag, _ in tags.seen if tag in ("h1", "h2", "h3")]
    assert headings[0] == "h1"
    assert headings.count("h1") == 1
    tables = [tag for tag, _ in tags.seen if tag == "table"]
    captions = [tag for tag, _ in tags.seen if tag == "caption"]
    assert len(tables) == len(captions) > 10


# -- however large ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("models", "columns", "width", "name", "value"),
    [
        (1, 1_000, None, "c", "v"),
        (5_000, 2, None, "model_", "v"),
        (100, 5, 300, "数据" * 60, "v" * 5000),
        (200, 20, None, "<b>|`@x`|</b>\n", "מ|\u202e" * 40),
    ],
)
def test_any_size_fits(models: int, columns: int, width: int | None, name: str, value: str) -> None:
    review = shapes.review(models, name, columns, value, width=width)
    text = markdown.review(review)
    assert len(text) <= LIMIT
    assert len(text.encode()) <= markdown.LIMIT
    well_formed(text)
    assert text.startswith(f"## ❌ Not ready: {'1 column' if models == 1 else ''}")
    assert "all in `review." in text
    page = webpage.review(review)
    assert len(page) < 30_000_000
    if len(page) < 2_000_000:
        Tags(page)


def test_what_is_cut_is_counted() -> None:
    text = markdown.review(shapes.review(5_000, "m", 2, "v"))
    found = [int(each.replace(",", "")) for each in re.findall(r"… and ([\d,]+) more", text)]
    assert max(found) > 4_900
    assert "more to unfold" in text


def test_the_least_important_goes_first() -> None:
    """With hardly any room, the verdict and what breaks are still there, and every section is at least named."""
    page = whole.review(shapes.review(50, "m", 10, "v" * 200))
    for limit in (20_000, 8_000, 4_000, 2_600):
        text = markdown.page(page, limit)
        assert len(text.encode()) <= limit
        well_formed(text)
        for section in page.sections:
            heading = f"### {escaping.line(section.title)}"
            assert (section.title and heading in text) or f": {section.name}." in text or not section.title
    assert "Left out here" not in markdown.page(page, 4_400)
    assert markdown.page(page, 2_700).count("Left out here") == 8
    assert "### Breaks 50 readers" in markdown.page(page, 2_500)


# -- the four that the issue asks for ---------------------------------------------------------------------------------


def test_a_table_without_rows() -> None:
    empty = replace(
        examples.alerts(),
        rows=Rows(0, 0, 0, 0, 0, 0),
        samples=(),
        segments=(),
        columns=(ColumnDiff("a", "I", "I", 0, 0),),
    )
    text = markdown.diff(empty)
    assert text.startswith("## fct_alerts: the same rows and columns\n")
    golden("diff_empty.md", text)


def test_everything_changed() -> None:
    golden("diff_everything.md", markdown.diff(shapes.diff(1, "m", 4, "v", hidden=False)))


def test_names_that_need_quoting() -> None:
    golden("diff_quoting.md", markdown.diff(shapes.diff(1, 'Umsatz | "netto" `€`\n<b>', 3, " a|b ", hidden=False)))


def test_a_model_with_a_thousand_columns() -> None:
    text = markdown.diff(shapes.diff(1, "column_", 1_000, "v", hidden=False))
    assert "… and 960 more, all in `dataops diff --format json`" in text
    assert "994 more" in text
    assert len(text) < 30_000


# -- figures and values -----------------------------------------------------------------------------------------------


@example(1, 3_000)
@example(1, 10**12)
@example(2_999, 3_000)
@example(10**12 - 1, 10**12)
@given(st.integers(0, 10**12), st.integers(1, 10**12))
def test_a_share_is_never_rounded_to_all_or_nothing(some: int, whole: int) -> None:
    some = min(some, whole)
    text = values.share(some / whole)
    said = float(re.sub(r"[^\d.]", "", text))
    assert (said == 100) == (some == whole or some / whole == 1)
    assert (said == 0) == (some == 0)


numbers = st.floats(allow_nan=False)


@given(numbers, numbers)
def test_numbers_that_differ_look_different(before: float, after: float) -> None:
    old, new = values.numbers(before, after)
    assert (old == new) == (before == after)


@given(st.floats(-1e300, 1e300))
def test_numbers_that_differ_by_the_least_look_different(before: float) -> None:
    old, new = values.numbers(before, math.nextafter(before, math.inf))
    assert old != new


def test_drift_in_words() -> None:
    table = [
        (12.5, 14.0, "12.5 → 14 (+12.0 %)"),
        (14.0, 12.5, "14 → 12.5 (−10.7 %)"),
        (-2.0, -3.0, "−2 → −3 (−50.0 %)"),
        (0.0, 3.0, "0 → 3"),
        (1.0, 1.0, "1"),
        (1.0, float("nan"), "1 → NaN"),
        (1.0, float("inf"), "1 → ∞"),
        (None, 2.0, "– → 2"),
        (None, None, ""),
        (1234567.891, 1234567.892, "1,234,567.891 → 1,234,567.892"),
        (1.0, 1e9, "1 → 1,000,000,000"),
        (1e-12, 2e-12, "1.00000e-12 → 2.00000e-12 (+100 %)"),
    ]
    for before, after, words in table:
        assert values.drift(before, after) == words


def test_values_tell_what_is_easily_missed() -> None:
    table = [
        (None, "NULL", "aside"),
        ("", "empty", "aside"),
        ("NULL", "NULL", "code"),
        (" a ", "␣a␣", "code"),
        ("  ", "␣␣", "code"),
        ("a\nb\tc", "a↵b⇥c", "code"),
        ("a\u200bb\u202ec", "a⟨U+200B⟩b⟨U+202E⟩c", "code"),
        ("a\u00a0b", "a⟨U+00A0⟩b", "code"),
        ("x" * 100, "x" * 80 + "… +20 characters", "code"),
    ]
    for value, text, style in table:
        assert values.value(value) == blocks.Span(text, style)


def test_long_values_are_shown_where_they_differ() -> None:
    old, new = values.pair("x" * 500 + "OLD" + "y" * 500, "x" * 500 + "NEW" + "y" * 500)
    assert "OLD" in old.text
    assert "NEW" in new.text
    assert len(old.text) < 120


@given(shapes.texts, shapes.texts)
def test_two_values_that_differ_look_different(old: str, new: str) -> None:
    before, after = values.pair(old, new)
    if old != new and not any(mark in old + new for mark in "↵␍⇥␣⟨…\u200c\u200d"):
        assert before != after


def test_right_to_left_text_keeps_to_its_place() -> None:
    written = escaping.line((blocks.Span("שלום", "code"),))
    assert written == f"{ISOLATES[0]}`שלום`{ISOLATES[1]}"
