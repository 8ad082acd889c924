"""The site's files: its pages, what they load, and the pages of others that it shows."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache, partial
from importlib.resources import files
from typing import Any

from jinja2 import Environment

from dataops.observe.health.facts import KINDS, Monitor
from dataops.observe.site.facts import DETAILED, Relation, Run, Running, Site
from dataops.output.health import verdict
from dataops.output.page.blocks import MOST
from dataops.output.site import data, drawing, following, wording
from dataops.output.site.sealed import SANDBOX, sealed
from dataops.output.site.trends import trends
from dataops.output.templating import environment
from dataops.output.words import plural


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
    return (files("dataops.output") / "templates" / "site" / name).read_bytes()


def _bytes(text: str) -> bytes:
    """A text that came from JSON can hold half a character."""
    return text.encode("utf-8", "replace")


def _rendered(page: Page, site: Site, documented: frozenset[str], running: tuple[Running, ...] | None) -> str:
    own: dict[str, Any] = {"index.html": _home, "runs.html": _runs, "docs.html": _docs, "report.html": _report}.get(
        page.file, lambda _: {}
    )(site)
    template = "framed.html" if page.file in ("docs.html", "report.html") else page.file
    return _environment().get_template(f"site/{template}").render(
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
        (each.name, ("Now", wording.took(each.recent)), ("Before", wording.took(each.before)),
         ("Times", f"{each.recent / each.before:.1f}"))
        for each in site.slower if each.before
    ]  # fmt: skip
    slowest = [
        (each.name, ("Takes", wording.took(each.seconds)), ("Of all models' time", f"{each.share:.0%}"))
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
        {
            "iso": wording.iso,
            "day_and_minute": wording.minute,
            "took": wording.took,
            "second": wording.second,
            "so_far": following.so_far,
            "tone": wording.tone,
            "plural": plural,
            "counted": _counted,
            "said": wording.said,
            "kind_of": lambda key: key.split(".", 1)[0],
            "web": lambda url: url if str(url).startswith(("https://", "http://")) else None,
        }
    )


def _counted(run: Run) -> str:
    """`12 models passed, 1 failed` of an invocation: how many nodes had which status."""
    return ", ".join(f"{count:,} {status}" for status, count in sorted(run.counts.items())) or "no nodes"
