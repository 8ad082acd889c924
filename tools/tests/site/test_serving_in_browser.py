"""The served site in a browser: it follows a run, and what its reader opened, wrote and scrolled to stays.

Skipped where there is no Chromium, as tests/site/test_site_in_browser.py is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.browsing import CHROMIUM
from tests.history.past import ORDERS, UNIQUE, VOLUME, Past, points, result
from tests.site.live import PATIENCE, Build, Served, listening, served, until

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

if TYPE_CHECKING or CHROMIUM is not None:
    from playwright.sync_api import Browser, Page, expect


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    past = Past(tmp_path_factory.mktemp("served"))
    for each in range(5):
        past.add(f"r{each}", each + 1, result(ORDERS, "success", each + 1), result(UNIQUE, "pass", each, tested=ORDERS))
    past.add("charted", 0.5, result(VOLUME, "pass", 0.5, tested=ORDERS), *points(100.0, None, 2))
    with served(past) as site:
        yield site


@pytest.fixture
def page(browser: Browser, site: Served) -> Iterator[Page]:
    """A page that fails its test on any error and on any request to another host."""
    opened = browser.new_page(viewport={"width": 1000, "height": 600})
    opened.set_default_timeout(1000 * PATIENCE)
    said: list[str] = []
    opened.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    opened.on("pageerror", lambda error: said.append(str(error)))
    opened.on("request", lambda asked: None if asked.url.startswith(site.address) else said.append(asked.url))
    yield opened
    opened.close()
    assert [each for each in said if not each.startswith("data:") and "ERR_INTERNET_DISCONNECTED" not in each] == []
    # Nobody is told of anything any more.
    until(lambda: not listening(), "threads of pages that were closed stay")


def test_home_follows_a_run(site: Served, page: Page) -> None:
    page.goto(site.address)
    expect(page.locator(".live")).to_contain_text("Live")
    build = Build(site.past.root, "watched")
    build.say(planned=2)
    build.begin("fct_orders")
    now = page.locator("#running")
    expect(now).to_contain_text("0 of 2 nodes done")
    expect(now).to_contain_text("fct_orders")
    expect(page.get_by_role("status")).to_contain_text("build in prod has begun")
    expect(page.locator(".live a")).to_have_text("build in prod: 0 of 2 nodes done")
    page.get_by_text("The same as a table").click()
    # The page scrolls smoothly otherwise, and is somewhere on its way when it is asked.
    page.emulate_media(reduced_motion="reduce")
    page.evaluate(
        "scrollTo(0, 300); document.querySelector('.scroll').focus(); kept = document.querySelector('main > header')"
    )
    build.end("fct_orders", "error", message="Database error")
    expect(now).to_contain_text("1 of 2 nodes done, 1 failed")
    expect(page.get_by_role("status")).to_contain_text("1 node failed: fct_orders")
    assert page.evaluate(
        "kept === document.querySelector('main > header') && document.querySelector('main details').open"
    )
    assert page.evaluate("scrollY >= 300 && document.activeElement.matches('.scroll')")
    build.journal.leave()
    expect(now).to_contain_text("interrupted")
    build.journal.path.unlink()


def test_runs_are_drawn_while_they_go_on(site: Served, page: Page) -> None:
    page.goto(f"{site.address}/runs.html")
    expect(page.locator(".live")).to_contain_text("Live")
    page.locator("#runs > details").nth(3).locator("summary").click()
    opened = page.locator("#runs > details").nth(3).get_attribute("id")
    page.locator(f"#{opened} .chart svg").wait_for()
    page.get_by_label("Find an invocation").fill("deploy")
    page.locator("#runs > details").nth(3).locator(".drawn summary").click()
    build = Build(site.past.root, "drawn")
    build.begin("first")
    build.end("first")
    drawn = page.locator("#run-drawn")
    drawn.wait_for(state="attached")
    # A run that does not fit the search does not show; the others stay as they are.
    expect(drawn).to_be_hidden()
    assert page.get_by_label("Find an invocation").input_value() == "deploy"
    assert page.locator(f"#{opened}").evaluate("part => part.open && part.querySelector('.drawn details').open")
    page.get_by_label("Find an invocation").fill("")
    expect(drawn.locator(".chart")).to_have_attribute("aria-label", "1 node by thread and time")
    chart = drawn.locator(".chart svg")
    chart.wait_for()
    drawn.locator(".drawn summary").click()
    for each in range(3):
        build.begin(f"more_{each}")
        build.end(f"more_{each}")
    expect(drawn.locator(".chart")).to_have_attribute("aria-label", "4 nodes by thread and time")
    expect(drawn.locator(".chart")).to_have_count(1)
    expect(drawn.locator(".drawn")).to_have_count(1)
    expect(drawn.locator("table")).to_be_visible()
    assert page.locator(f"#{opened}").evaluate("part => part.querySelector('.drawn details').open")
    build.journal.remove()


def test_a_server_that_is_gone_is_said_to_be(site: Served, page: Page) -> None:
    page.goto(site.address)
    live = page.locator(".live")
    expect(live).to_contain_text("Live")
    page.context.set_offline(True)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")
    expect(live).to_contain_text("Not connected")
    page.context.set_offline(False)
    expect(live).to_contain_text("Live")
