"""The site's files: its pages, what they load, and the pages of others that it shows."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache, partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment

from dataops.health.health import KINDS, Monitor
from dataops.output import drawing, words
from dataops.output.health import verdict
from dataops.output.page.blocks import MOST
from dataops.output.webpage import environment
from dataops.output.words import plural, took
from dataops.plan.lineage import Relation
from dataops.site import data
from dataops.site.content import DETAILED, Day, Run, Running, Site
from dataops.site.running import so_far

SANDBOX = "allow-scripts allow-popups allow-popups-to-escape-sandbox allow-downloads"
"""What a framed page may do. Without `allow-same-origin` it is a stranger to the page around it."""

_SCRIPT = re.compile(rb"<script\b[^>]*>(.*?)</script", re.DOTALL | re.IGNORECASE)
_BEGINNING = re.compile(
    rb"\s*(<!doctype[^>]*>)?\s*(<html\b[^>]*>)?\s*(<head\b[^>]*>)?\s*(<meta charset=[^>]*>)?", re.IGNORECASE
)

# Who has no origin has no storage either, and a page that asks for it would end there: it gets one that ends with it.
_STORAGE = b"""
for (const name of ["localStorage", "sessionStorage"]) {
  try { void window[name]; } catch {
    const kept = new Map();
    Object.defineProperty(window, name, { value: {
      getItem: (key) => kept.has(String(key)) ? kept.get(String(key)) : null,
      setItem: (key, value) => { kept.set(String(key), String(value)); },
      removeItem: (key) => { kept.delete(String(key)); },
      clear: () => kept.clear(),
      key: (index) => [...kept.keys()][index] ?? null,
      get length() { return kept.size; },
    } });
  }
}
try { void document.cookie; } catch { Object.defineProperty(document, "cookie", { get: () => "", set: () => {} }); }
"""


def sealed(page: bytes) -> bytes:
    """The page with a policy that names its own scripts by their digests, and storage where a frame has none."""
    scripts = [_STORAGE, *(found[1] for found in _SCRIPT.finditer(page))]
    digests = " ".join(f"'sha256-{_digest(each)}'" for each in dict.fromkeys(scripts))
    # dbt's page compiles its templates while it runs.
    policy = (
        f"script-src 'unsafe-eval' {digests}; worker-src blob:; object-src 'none'; base-uri 'none'; form-action 'none'"
    )
    ours = f'<meta http-equiv="Content-Security-Policy" content="{policy}">'.encode()
    ours += b"<script>" + _STORAGE + b"</script>"
    beginning = _BEGINNING.match(page)
    place = beginning.end() if beginning else 0
    return page[:place] + ours + page[place:]


def _digest(script: bytes) -> str:
    """As a browser has it: of the text, whose lines end in a line feed."""
    text = script.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return base64.b64encode(hashlib.sha256(text).digest()).decode()


_GOOD, _BAD = "var(--focus)", "var(--bad)"


@dataclass(frozen=True)
class Trend:
    """A drawing, what it shows, and the same in words."""

    svg: str
    caption: str
    words: str


@lru_cache(maxsize=2)
def trends(days: tuple[Day, ...]) -> tuple[Trend, ...]:
    """Invocations, their time and tests; none without days."""
    if not days:
        return ()
    span = f"{days[0].day} to {days[-1].day}"
    failed, failing = sum(each.failed for each in days), sum(each.failing for each in days)
    longest = max(days, key=lambda each: each.seconds)
    return (
        Trend(
            _bars([(each, each.invocations - each.failed, each.failed) for each in days]),
            "Invocations a day, failed ones in red",
            f"Invocations, {span}: {plural(sum(each.invocations for each in days), 'invocation')}, {failed} failed",
        ),
        Trend(
            _line(days),
            "Run time a day, in minutes",
            f"Run time, {span}: longest {took(longest.seconds)} on {longest.day}, last {took(days[-1].seconds)}",
        ),
        Trend(
            _bars([(each, 0, each.failing) for each in days]),
            "Tests that failed, a day",
            f"Failed tests, {span}: {plural(failing, 'failure')}, {days[-1].failing} on the last day",
        ),
    )


def _bars(rows: list[tuple[Day, int, int]]) -> str:
    parts: list[dict[str, Any]] = [
        {"day": f"{day.day}", "figure": figure, "part": part}
        for day, good, bad in rows
        for part, figure in (("good", good), ("bad", bad))
    ]
    return drawing.svg(drawing.trend(parts, {"good": _GOOD, "bad": _BAD}, stacked=True))


def _line(days: tuple[Day, ...]) -> str:
    parts = [{"day": f"{each.day}", "figure": round(each.seconds / 60, 3), "part": "time"} for each in days]
    return drawing.svg(drawing.trend(parts, {"time": _GOOD}, stacked=False))


@dataclass(frozen=True)
class Page:
    """A page: its file, what the menu calls it, and the scripts that it loads."""

    file: str
    title: str
    scripts: tuple[str, ...] = ("site.js",)


_MANY = 8
"""Nodes that are named of a run that goes on."""

Content = Callable[[], bytes]

PAGES = (
    Page("index.html", "Home"),
    Page("charts.html", "Charts", ("site.js", "specs.js", "charts.js")),
    Page("runs.html", "Runs", ("site.js", "specs.js", "charts.js")),
    Page("changes.html", "Changes"),
    Page("releases.html", "Releases"),
    Page("lineage.html", "Lineage", ("site.js", "../data/lineage.js", "lineage.js")),
    Page("docs.html", "Docs"),
    Page("report.html", "Report"),
)


def pages(site: Site) -> Iterator[tuple[str, bytes]]:
    """Every file that differs from site to site, by its path in the folder."""
    for path, made in contents(site).items():
        yield path, made()


def contents(site: Site, running: tuple[Running, ...] | None = None) -> dict[str, Content]:
    """How each file that differs from site to site is made, by its path.

    With `running`, which may be empty, pages are for a server: they say what runs, and follow it.
    """
    documented = _documented(site.lineage) if site.documentation else frozenset()
    made: dict[str, Content] = {}
    for page in PAGES:
        made[page.file] = partial(_page, page, site, documented, running)
    for monitor in site.monitors:
        made[f"data/charts/{monitor.key}.js"] = partial(_monitor, monitor, site)
    for run in site.runs[:DETAILED]:
        made[f"data/runs/{run.key}.js"] = partial(_run, run)
    made["data/lineage.js"] = partial(_lineage, site, documented)
    for path, content in (("docs/index.html", site.documentation), ("report/index.html", site.report)):
        if content is not None:
            made[path] = partial(sealed, content)
    if site.review is not None:
        made["reviews/latest.html"] = partial(bytes, site.review)
    return made


def moving(running: tuple[Running, ...]) -> frozenset[str]:
    """The files that change when these runs go on."""
    return frozenset({"index.html", "runs.html", *(f"data/runs/{each.run.key}.js" for each in running)})


def _page(page: Page, site: Site, documented: frozenset[str], running: tuple[Running, ...] | None) -> bytes:
    return _bytes(_rendered(page, site, documented, running))


def _monitor(monitor: Monitor, site: Site) -> bytes:
    return _bytes(data.monitor(monitor, site.releases))


def _run(run: Run) -> bytes:
    return _bytes(data.run(run))


def _lineage(site: Site, documented: frozenset[str]) -> bytes:
    return _bytes(data.lineage(site.lineage, documented))


def assets() -> Iterator[tuple[str, bytes]]:
    """What every site of this version has, without the library for charts (`drawing.library`)."""
    yield "assets/site.css", drawing.style().encode()
    yield "assets/specs.js", data.specifications().encode()
    for name in ("site.js", "charts.js", "lineage.js"):
        yield f"assets/{name}", script(name)


def script(name: str) -> bytes:
    """One of the site's scripts."""
    return (files("dataops.site") / "templates" / name).read_bytes()


def _bytes(text: str) -> bytes:
    """A text that came from JSON can hold half a character."""
    return text.encode("utf-8", "replace")


def _rendered(page: Page, site: Site, documented: frozenset[str], running: tuple[Running, ...] | None) -> str:
    own: dict[str, Any] = {"index.html": _home, "runs.html": _runs, "docs.html": _docs, "report.html": _report}.get(
        page.file, lambda _: {}
    )(site)
    template = "framed.html" if page.file in ("docs.html", "report.html") else page.file
    return _environment().get_template(template).render(
        {
            "site": site, "file": page.file, "title": page.title, "scripts": page.scripts, "pages": PAGES,
            "wide": False, "most": MOST, "detailed": DETAILED, "documented": documented,
            "library": drawing.library_name(), "running": running, "many": _MANY, **own,
        }
    )  # fmt: skip


def _home(site: Site) -> dict[str, Any]:
    grouped = [(kind, site.health.of(kind)) for kind in KINDS]
    return {
        "verdict": verdict(site.health),
        "grouped": grouped,
        "tiles": [(kind, len(problems)) for kind, problems in grouped],
        "trends": trends(site.trend),
        "released": next((each for each in site.releases if each.live), None),
    }


def _runs(site: Site) -> dict[str, Any]:
    slower = [
        (each.name, ("Now", words.took(each.recent)), ("Before", words.took(each.before)),
         ("Times", f"{each.recent / each.before:.1f}"))
        for each in site.slower if each.before
    ]  # fmt: skip
    slowest = [
        (each.name, ("Takes", words.took(each.seconds)), ("Of all models' time", f"{each.share:.0%}"))
        for each in site.slowest
    ]
    return {
        "models": [
            ("Slowing models", "The median of the last five runs against that of the runs before.", slower),
            ("Slowest models", "The median of each model's last runs.", slowest),
        ]
    }


def _docs(site: Site) -> dict[str, Any]:
    return {
        "wide": site.documentation is not None,
        "sandbox": SANDBOX,
        "inner": "docs/index.html" if site.documentation is not None else None,
        "said": "The documentation of the live release, as dbt shows it.",
        "missing": "Documentation is that of the live release, and nothing was released yet.",
    }


def _report(site: Site) -> dict[str, Any]:
    return {
        "wide": site.report is not None,
        "sandbox": SANDBOX,
        "inner": "report/index.html" if site.report is not None else None,
        "said": "Elementary's report on the recorded history.",
        "missing": "There is no report yet: run `dataops report`, then `dataops site` again.",
    }


def _documented(relations: tuple[Relation, ...]) -> frozenset[str]:
    return frozenset(each.key for each in relations)


@cache
def _environment() -> Environment:
    return environment(
        "site",
        {
            "iso": words.iso,
            "day_and_minute": words.minute,
            "took": words.took,
            "second": words.second,
            "so_far": so_far,
            "tone": words.tone,
            "plural": plural,
            "counted": _counted,
            "said": words.said,
            "kind_of": lambda key: key.split(".", 1)[0],
            "web": lambda url: url if str(url).startswith(("https://", "http://")) else None,
        },
    )


def _counted(run: Run) -> str:
    """`12 models passed, 1 failed` of an invocation: how many nodes had which status."""
    return ", ".join(f"{count:,} {status}" for status, count in sorted(run.counts.items())) or "no nodes"
