"""The site in a browser: whoever clicks through it sees no error, and nothing is asked of another host.

Skipped where there is no Chromium; `test_site.py` does without.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from dataops.output import drawing
from dataops.site import folder, pages
from tests.browsing import CHROMIUM
from tests.site import sites

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

if CHROMIUM is not None:
    from playwright.sync_api import Browser, Page

WIDTHS = {"desktop": 1280, "phone": 390}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("site")
    library = (f"assets/{drawing.library_name()}", drawing.library().encode())
    folder.write(place, [*pages.pages(sites.full()), *pages.assets(), library])
    return place


@pytest.fixture(params=WIDTHS)
def page(request: pytest.FixtureRequest, browser: Browser, site: Path) -> Iterator[Page]:
    """A page that fails its test on any error, on any request beyond the site, and when it is wider than its window."""
    context = browser.new_context(viewport={"width": WIDTHS[request.param], "height": 800}, color_scheme="dark")
    opened = context.new_page()
    said: list[str] = []
    inside = (site.as_uri(), "data:", "about:", "blob:")
    opened.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda asked: None if asked.url.startswith(inside) else said.append(f"asked {asked.url}"))
    # Whoever leaves a page before it is whole ends what it was still loading: that is no failure.
    left = "net::ERR_ABORTED"
    opened.on("requestfailed", lambda asked: None if asked.failure == left else said.append(f"failed {asked.url}"))
    opened.goto((site / "index.html").as_uri())
    yield opened
    assert opened.evaluate("document.documentElement.scrollWidth <= innerWidth")
    context.close()
    assert said == []


def follow(page: Page, title: str) -> None:
    page.get_by_role("navigation").get_by_role("link", name=title, exact=True).click()


def test_every_page_is_reached_from_the_menu(page: Page) -> None:
    for each in pages.PAGES:
        follow(page, each.title)
        assert page.url.endswith(each.file)
        assert page.locator("h1").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), each.file


THEIRS = b"""<!doctype html><html><head><meta charset="utf-8"><title>theirs</title></head><body><p></p><script>
localStorage.setItem("a", "kept");
document.querySelector("p").innerHTML = '<img src="data:," onerror="document.title = parent.document.title = 1">';
try { parent.document.title = "reached"; } catch { document.body.dataset.alone = localStorage.getItem("a"); }
</script></body></html>"""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    """A site with such pages, at an address where they and ours have one origin."""
    site = replace(sites.full(), documentation=THEIRS, report=THEIRS)
    folder.write(tmp_path, [*pages.pages(site), *pages.assets()])
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(tmp_path)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None: ...  # noqa: A002


def test_a_page_of_others_runs_its_own_scripts_alone(browser: Browser, served: str, tmp_path: Path) -> None:
    """None that comes with a description, and they do not reach the page around it."""
    page = browser.new_page()
    for address in (served, tmp_path.as_uri()):
        for name in ("docs", "report"):
            page.goto(f"{address}/{name}.html#!/place")
            page.frame_locator("iframe").locator("body[data-alone=kept] img").wait_for(state="attached")
            assert page.title().startswith(name.title())
            assert page.frames[-1].title() == "theirs"
            assert page.frames[-1].url.endswith("#!/place")
            page.goto(f"{address}/{name}/index.html")
            page.locator("body img").wait_for(state="attached")
            page.wait_for_timeout(100)
            assert page.title() == "reached"
    page.close()


def test_a_problem_leads_to_its_chart_which_is_drawn(page: Page) -> None:
    page.get_by_role("link", name="volume_anomalies_fct_orders").click()
    chart = page.locator("#volume-orders-1a2b3c4d .chart svg")
    chart.first.wait_for()
    assert chart.count() == 2
    assert page.locator("#volume-orders-1a2b3c4d .chart").first.get_attribute("role") == "img"
    page.get_by_text("45 points as a table").first.click()
    assert page.locator("#volume-orders-1a2b3c4d").get_by_role("row").count() == 46


def test_monitors_are_found_and_drawn_when_opened(page: Page) -> None:
    follow(page, "Charts")
    page.get_by_label("Find a monitor").fill("column größte")
    assert page.locator("#monitors > :visible").count() == 1
    assert page.get_by_role("status").inner_text() == "1 found"
    page.locator("#monitors summary:visible").press("Enter")
    page.locator("#average-amount-1a2b3c4e .chart svg").wait_for()


def test_an_invocation_opens_as_a_gantt_chart(page: Page) -> None:
    follow(page, "Runs")
    page.locator("#runs > details > summary").nth(1).click()
    page.locator("#runs > details").nth(1).locator(".chart svg").wait_for()


def test_a_column_is_followed_both_ways(page: Page) -> None:
    follow(page, "Lineage")
    page.get_by_role("list", name="Tables").get_by_role("link", name="stg_orders").click()
    page.get_by_role("button", name="amount").click()
    lit = page.locator("#chosen .steps li.lit").all_inner_texts()
    assert [each.split() for each in lit] == [["app.orders", "amount"], ["amount"], ["fct_orders", "total"]]
    assert page.get_by_role("button", name="amount").get_attribute("aria-pressed") == "true"


def test_a_chart_that_is_missing_is_said_to_be(page: Page, site: Path) -> None:
    follow(page, "Charts")
    page.locator("#empty-1a2b3c4f").evaluate("part => { part.dataset.source = 'assets/specs.js'; part.open = true; }")
    page.locator("#empty-1a2b3c4f .drawn", has_text="Not drawn").wait_for()
