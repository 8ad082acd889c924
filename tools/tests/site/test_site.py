"""The site without a browser: its markup, its links, its data, its drawings and its colours."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import pytest

from dataops.output import drawing, words
from dataops.site import data, pages
from dataops.site.content import SHOWN
from tests.output.reading import Tags
from tests.site import sites

CONTRAST = 4.5
"""WCAG 2.2, criterion 1.4.3."""


def made(site: Any) -> dict[str, str]:
    every = {**dict(pages.pages(site)), **dict(pages.assets()), f"assets/{drawing.library_name()}": b""}
    return {name: content.decode() for name, content in every.items()}


@pytest.fixture(scope="module")
def full() -> dict[str, str]:
    return made(sites.full())


@pytest.fixture(scope="module")
def empty() -> dict[str, str]:
    return made(sites.empty())


def delivered(script: str) -> Any:
    """What a data file hands over; a browser reads the text of a string as JSON, and that again."""
    found = re.fullmatch(r'dataops\.deliver\("([\w-]+)",JSON\.parse\((.*)\)\);\n', script, re.DOTALL)
    assert found, script[:200]
    return json.loads(json.loads(found[2]))


def normal(target: str) -> str:
    return target.replace("assets/../", "")


class Text(HTMLParser):
    """Ids of a page, and every place where a text may not be empty."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.fors: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if given.get("id"):
            self.ids.append(str(given["id"]))
        if tag == "label":
            self.fors.append(str(given["for"]))


NAMES = [page.file for page in pages.PAGES]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("which", ["full", "empty"])
def test_pages_are_whole_and_tell_readers_where_they_are(name: str, which: str, request: pytest.FixtureRequest) -> None:
    text = request.getfixturevalue(which)[name]
    tags = [tag for tag, _ in Tags(re.sub(r"/>", ">", re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL))).seen]
    found = Text(text)
    assert tags.count("h1") == tags.count("main") == tags.count("nav") == tags.count("title") == 1
    assert '<html lang="en">' in text
    assert text.count('aria-current="page"') == 1
    assert len(found.ids) == len(set(found.ids))
    assert set(found.fors) <= set(found.ids)
    assert tags.count("input") == len(found.fors)
    assert "None" not in " ".join(Tags(re.sub(r"<svg.*?</svg>", "", text, flags=re.DOTALL)).words)
    # Headings go down one step at a time.
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels)), levels


@pytest.mark.parametrize("which", ["full", "empty"])
def test_every_link_leads_to_a_part_of_the_site(which: str, request: pytest.FixtureRequest) -> None:
    site = request.getfixturevalue(which)
    for name in NAMES:
        for tag, attributes in Tags(re.sub(r"<svg.*?</svg>", "", site[name], flags=re.DOTALL)).seen:
            for attribute in ("href", "src", "data-source", "data-library"):
                target = attributes.get(attribute)
                if target is None or target == "data:,":
                    continue
                if target.startswith("https://ci.example.com"):
                    assert tag == "a"
                    continue
                file, _, fragment = target.partition("#")
                assert ":" not in file, f"{name}: {target} leads outside"
                assert normal(file or name) in site, f"{name}: {target} leads nowhere"
                if fragment and file in ("", "charts.html") and name != "lineage.html":
                    assert f'id="{fragment}"' in site[file or name], f"{name}: {target} names no part"


def test_texts_stay_texts(full: dict[str, str]) -> None:
    for name in NAMES:
        assert sites.HOSTILE not in full[name]
        assert "javascript:" not in full[name]
    assert "&lt;script&gt;alert" in full["changes.html"]


def test_no_page_may_reach_outside(full: dict[str, str]) -> None:
    for name in NAMES:
        policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]*)"', full[name])
        assert policy
        assert "default-src 'none'" in policy[1]
        assert "http" not in policy[1]
        assert "unsafe-eval" not in policy[1]
        assert not re.search(r"<script(?![^>]* src=)", full[name]), f"{name} holds a script"


def test_pages_of_others_run_their_own_scripts_and_none_else(full: dict[str, str]) -> None:
    for name in ("docs", "report"):
        frame = dict(next(given for tag, given in Tags(full[f"{name}.html"]).seen if tag == "iframe"))
        assert "allow-scripts" in frame["sandbox"]
        assert "allow-same-origin" not in frame["sandbox"]
        assert "allow-top-navigation" not in frame["sandbox"]
        policy = re.search(r"script-src ([^;]*);", full[f"{name}/index.html"])[1]  # type: ignore[index]
        assert "unsafe-inline" not in policy
    page = b"<!doctype html><html><head><meta charset=utf-8><script>a\r\nb</script><script src=x></script>"
    text = pages.sealed(page).decode()
    assert text.startswith("<!doctype html><html><head><meta charset=utf-8><meta http-equiv")
    assert base64.b64encode(hashlib.sha256(b"a\nb").digest()).decode() in text


def test_home_says_what_is_wrong_and_links_to_its_chart(full: dict[str, str], empty: dict[str, str]) -> None:
    words = " ".join(" ".join(Tags(re.sub(r"<svg.*?</svg>", "", full["index.html"], flags=re.DOTALL)).words).split())
    assert "Production is not healthy: 1 failing, 1 late, 1 anomalous, 1 paused" in words
    assert "118 of 120 tests pass" in words
    assert 'href="charts.html#volume-orders-1a2b3c4d"' in full["index.html"]
    assert full["index.html"].count("<svg") == 3
    assert "Nothing is known of production yet" in empty["index.html"]


# -- data -----------------------------------------------------------------------------------------------------------


def fields(spec: Any) -> set[str]:
    """The names of data that a specification reads."""
    if isinstance(spec, list):
        return {name for each in spec for name in fields(each)}
    if not isinstance(spec, dict):
        return set()
    own = {spec["field"]} if isinstance(spec.get("field"), str) else set()
    own |= set(re.findall(r"datum\.(\w+)", str(spec.get("test", ""))))
    return own | {name for each in spec.values() for name in fields(each)}


def test_a_control_chart_has_its_points_its_rules_and_its_releases(full: dict[str, str]) -> None:
    whole, quiet = delivered(full["data/charts/volume-orders-1a2b3c4d.js"])["drawings"]
    points = whole["data"]["points"]
    assert [each["state"] for each in points if each["state"] != "quiet"] == ["acknowledged", "fired", "fired"]
    assert [each["rule"] for each in points if "rule" in each] == [
        "western electric 2", "beyond the control limits", "not a finite number"
    ]  # fmt: skip
    assert points[-1]["value"] is None
    assert points[-1]["shown"] == "∞"
    assert len(whole["data"]["releases"]) == 4
    assert len(whole["rows"]) == len(points) == 45
    assert quiet["title"] == "row_count of country = DE"
    known = {name for each in (*points, *whole["data"]["releases"]) for name in each}
    assert fields(drawing.control_chart()) <= known


def test_a_gantt_chart_has_its_nodes_and_the_critical_path(full: dict[str, str]) -> None:
    run = sites.full().runs[0]
    (drawn,) = delivered(full[f"data/runs/{run.key}.js"])["drawings"]
    assert fields(drawing.gantt()) <= set(drawn["data"]["nodes"][0])
    assert [row[0] for row in drawn["rows"] if row[-1] == "critical path"] == [sites.NAME, "m4", "m8"]
    assert {each["state"] for each in drawn["data"]["nodes"]} == {"good", "bad", "warned", "skipped"}


def test_of_a_large_run_the_longest_nodes_are_drawn_and_the_critical_path_whole() -> None:
    started = sites.NOW
    nodes = sites.nodes(started, count=2 * SHOWN)
    run = sites.runs(1)[0]
    (drawn,) = delivered(data.run(type(run)(**{**vars(run), "nodes": nodes})))["drawings"]
    shown = drawn["data"]["nodes"]
    assert len(shown) == SHOWN
    assert sum(each["critical"] for each in shown) == sum(each.critical for each in nodes)
    assert f"the {SHOWN} longest of them drawn" in drawn["words"]


def test_lineage_names_parents_and_origins_by_their_place(full: dict[str, str]) -> None:
    nodes = delivered(full["data/lineage.js"])
    staging, mart = nodes[1], nodes[2]
    assert nodes[mart["reads"][0]] == staging
    (origin,) = mart["columns"]["total"]
    assert (nodes[origin[0]]["name"], origin[1]) == ("stg_orders", "amount")
    assert nodes[3]["unclear"] == "is written in Python"


@pytest.mark.parametrize("text", ["</script>", '"', "\\", "\u2028", "\n", "__proto__", "😀"])
def test_whatever_a_text_holds_arrives(text: str) -> None:
    assert delivered(data.script("any", {text: [text]})) == {text: [text]}


def test_half_a_character_stops_no_page() -> None:
    site = replace(sites.full(), project="half \ud83d", lineage=())
    assert all(content is not None for _, content in pages.pages(site))


# -- drawings -------------------------------------------------------------------------------------------------------


def test_a_drawing_takes_the_colours_of_its_page() -> None:
    drawn = delivered(data.monitor(sites.monitors()[0], sites.full().releases))["drawings"][0]
    spec = drawing.filled(drawing.control_chart(), drawn["data"], 700, drawn["height"])
    text = drawing.svg(spec)
    assert text.count('fill="var(--bad)"') == 1  # the other one that fired is not finite
    assert text.count('stroke="var(--good)"') == 4
    assert drawing.png(spec).startswith(b"\x89PNG")


def test_nothing_is_drawn_of_no_days(empty: dict[str, str]) -> None:
    assert "<svg" not in empty["index.html"]


def luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * each for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    red, green, blue = (each / 12.92 if each <= 0.04045 else ((each + 0.055) / 1.055) ** 2.4 for each in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_can_be_read_on_its_ground(dark: bool) -> None:
    colours = drawing.tokens()
    assert set(re.findall(r"var\((--[\w-]+)\)", drawing.style() + json.dumps(drawing.gantt()))) <= set(colours)
    if dark:
        for block in re.findall(r"prefers-color-scheme: dark\) \{\s*:root \{(.*?)\}", drawing.style(), re.DOTALL):
            colours |= dict(re.findall(r"(--[\w-]+): (#[0-9a-f]+)", block))
    pairs = [(text, ground) for text in ("--text", "--quiet", "--focus") for ground in ("--ground", "--raised")]
    pairs += [(f"--{each}", f"--{each}-ground") for each in ("good", "bad", "warn")]
    pairs += [("--text", f"--{each}-ground") for each in ("good", "bad", "warn")]
    pairs += [(f"--{each}", "--ground") for each in ("good", "bad", "warn")]
    for text, ground in pairs:
        assert contrast(colours[text], colours[ground]) >= CONTRAST, (text, ground)


# -- words ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(0, "0.0 s"), (59.94, "59.9 s"), (59.96, "1 min 0 s"), (200, "3 min 20 s"), (3599.7, "1 h 0 min"),
     (7500, "2 h 5 min")],
)  # fmt: skip
def test_durations(seconds: float, told: str) -> None:
    assert words.took(seconds) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [(None, "–"), (math.nan, "not a number"), (-math.inf, "−∞"), (1404, "1,404"), (0.00012345, "0.0001234"),
     (12345.678, "12,345.7"), (1e300, f"{1e300:,.1f}")],
)  # fmt: skip
def test_figures(value: float | None, told: str) -> None:
    assert words.figure(value) == told
