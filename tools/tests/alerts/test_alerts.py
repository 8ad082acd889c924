"""Alerts, from a history that is written here record by record to servers on this machine."""

from __future__ import annotations

import base64
import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from apprise.plugins.custom_json import NotifyJSON
from apprise.plugins.slack import NotifySlack

from dataops.alerts import destinations, news, send, webhooks, wording
from dataops.alerts import destinations as apprised
from dataops.alerts.alert import Concern, Notice, Production, Section, Told
from dataops.alerts.destinations import destination
from dataops.alerts.send import Outcome, Parcel
from dataops.alerts.webhooks import Webhook
from dataops.breaker.ledger import Ledger
from dataops.cli import main
from dataops.config import Alert, Settings
from dataops.errors import NewerFormatError, SettingsError, StateError
from dataops.health.health import Problem
from dataops.history.records import Freshness, Sample
from dataops.store.location import Location
from tests.alerts import services
from tests.alerts.services import Mail, Webhooks, free_port, mail, silent
from tests.history.past import NOW, ORDERS, UNIQUE, VOLUME, Past, points, result

SECRET = "s3cr3tT0kenThatNobodyMaySee"
TEAM = f"T1JJ3T3L2/A1BRTD4JD/{SECRET[:24]}"


@pytest.fixture(scope="module")
def hooks() -> Iterator[Webhooks]:
    with services.webhooks() as server:
        yield server


@pytest.fixture(scope="module")
def post() -> Iterator[Mail]:
    with mail() as server:
        yield server


class Kept(logging.Handler):
    """Keeps what is logged."""

    def __init__(self, records: list[logging.LogRecord]) -> None:
        super().__init__()
        self.emit = records.append  # type: ignore[method-assign]


class Watch(Past):
    """A history, and alerts on it."""

    to: tuple[str, ...] = ("ALERT_HOOK",)

    @property
    def settings(self) -> Settings:
        return replace(super().settings, alert=Alert(self.to, "https://data.example.com/"))

    def fail(self, key: str, hours: float, fires: bool = False, **given: Any) -> None:
        """A build whose test fails on two rows, and whose monitor fires too, which takes time to draw."""
        about = {"tested": ORDERS, "owners": ("@data",), "file": "models/orders.yml"}
        self.add(
            key, hours,
            result(ORDERS, "success", hours),
            result(UNIQUE, "fail", hours, failures=2, message="Got 2 results", **about),
            *([result(VOLUME, "warn", hours, **about), *points(300.0, "beyond_limit", 2)] if fires else ()),
            Sample("", UNIQUE, 1, '{"order_id": "7", "note": "<!channel> @everyone", "way": null}', ("email", "name")),
            Sample("", UNIQUE, 2, f'{{"order_id": "8", "note": "a\\n{key}"}}', ("email", "name")),
            status="failed", job_url=f"https://ci.example.com/{key}", **{"command": "build", **given},
        )  # fmt: skip

    def pass_(self, key: str, hours: float) -> None:
        self.add(key, hours, result(ORDERS, "success", hours), result(UNIQUE, "pass", hours, tested=ORDERS),
                 result(VOLUME, "pass", hours, tested=ORDERS), command="build")  # fmt: skip

    def parcels(self, hours: float = 0.0) -> tuple[Parcel, ...]:
        return send.prepare(self.root, self.settings, None, NOW - timedelta(hours=hours)).parcels["ALERT_HOOK"]

    def alert(self, hours: float = 0.0) -> tuple[Outcome, ...]:
        prepared = send.prepare(self.root, self.settings, None, NOW - timedelta(hours=hours))
        outcomes, errors = send.send(prepared, self.settings)
        assert not errors
        return outcomes


@pytest.fixture
def watch(tmp_path: Path, hooks: Webhooks, post: Mail, monkeypatch: pytest.MonkeyPatch) -> Watch:
    hooks.got.clear()
    post.got.clear()
    hooks.status = 200
    monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{hooks.port}/services")
    monkeypatch.setenv("ALERT_HOOK", f"json://ada:{SECRET}@127.0.0.1:{hooks.port}/hook")
    monkeypatch.setenv("ALERT_SLACK", f"slack://{TEAM}")
    monkeypatch.setenv("ALERT_MAIL", f"mailto://127.0.0.1:{post.port}?from=alerts@example.com&to=oncall@example.com")
    monkeypatch.setenv("ALERT_DOWN", f"json://ada:{SECRET}@127.0.0.1:{free_port()}/hook")
    return Watch(tmp_path)


# -- what is sent ---------------------------------------------------------------------------------------------------


def test_each_service_gets_one_message_on_what_belongs_together(watch: Watch, hooks: Webhooks, post: Mail) -> None:
    watch.to = ("ALERT_HOOK", "ALERT_SLACK", "ALERT_MAIL")
    watch.fail("a", 48, fires=True)
    watch.fail("b", 24, fires=True)
    assert watch.alert() == tuple(Outcome(name, 1, 0) for name in watch.to)
    sent = dict(hooks.got)
    text = sent["/hook"]["message"]
    assert sent["/hook"]["title"] == f"{watch.root.name} prod: 2 problems: unique_orders, volume_orders"
    assert sent["/hook"]["type"] == "failure"
    assert text.splitlines()[:5] == [
        "FAILING unique_orders of orders, owner @data",
        "Got 2 results",
        "since 2026-03-08 12:00 UTC, models/orders.yml",
        "  order_id: 7, note: <\u2060!channel> @\u2060everyone, way: null",
        "  order_id: 8, note: a b",
    ]
    assert "without the personal columns email, name" in text
    assert "ANOMALOUS volume_orders of orders, owner @data" in text
    assert "beyond the control limits at 2026-02-20 00:00 UTC, value 300, limits 80 to 120" in text
    assert "https://data.example.com/charts.html#volume_orders-" in text
    assert "Run: https://ci.example.com/a\n" in text
    (picture,) = sent["/hook"]["attachments"]
    assert picture["filename"] == "volume_orders.png"
    assert base64.b64decode(picture["base64"]).startswith(b"\x89PNG")
    (slack,) = sent[f"/services/{TEAM}"]["attachments"]
    assert "<!channel>" not in str(slack)
    assert "order_id: 7" in str(slack)
    assert "github" not in str(hooks.got)
    (letter,) = post.got
    assert (letter["To"], letter["From"]) == ("oncall@example.com", "alerts@example.com")
    assert "2 problems: unique_orders, volume_orders" in letter["Subject"]
    (image,) = letter.iter_attachments()
    assert (image.get_filename(), image.get_content()[:4]) == ("volume_orders.png", b"\x89PNG")
    body = letter.get_body(("plain", "html"))
    assert body is not None
    assert "order_id: 7" in body.get_content()


def test_slack_and_teams_have_the_layout_of_elementary(watch: Watch, hooks: Webhooks, monkeypatch: Any) -> None:
    watch.to = ("ALERT_SLACK", "ALERT_TEAMS")
    monkeypatch.setenv("ALERT_SLACK", f"slack+http://127.0.0.1:{hooks.port}/{SECRET}")
    monkeypatch.setenv("ALERT_TEAMS", f"teams+http://127.0.0.1:{hooks.port}/workflows/{SECRET}")
    watch.fail("a", 48, fires=True)
    assert watch.alert() == tuple(Outcome(name, 1, 0) for name in watch.to)
    sent = dict(hooks.got)
    slack = sent[f"/{SECRET}"]
    assert slack["text"] == slack["blocks"][0]["text"]["text"]
    assert slack["text"].endswith("prod: 2 problems: unique_orders, volume_orders")
    assert "<https://data.example.com/index.html|Site>" in slack["blocks"][1]["text"]["text"]
    (attachment,) = slack["attachments"]
    assert attachment["color"] == "#ff0000"
    headline, facts, *_ = attachment["blocks"]
    assert headline["text"]["text"] == "❌ *FAILING unique_orders of orders*\nGot 2 results"
    assert [each["text"] for each in facts["fields"]] == ["*Owner*\n@data", "*Since*\n2026-03-08 12:00 UTC"]
    (rows,) = [each for each in attachment["blocks"] if "order_id" in str(each)]
    assert rows["text"]["text"].splitlines() == [
        "```order_id: 7, note: &lt;\u2060!channel&gt; @\u2060everyone, way: null",
        "order_id: 8, note: a a```",
    ]
    assert "<\u2060!" not in str(slack)
    card = str(sent[f"/workflows/{SECRET}"]["attachments"][0]["content"])
    for text in ("FAILING unique_orders of orders", "ANOMALOUS volume_orders", "(https://ci.example.com/a)", "@data"):
        assert text in card


def test_text_from_the_data_is_no_mark_of_the_service() -> None:
    section = Section("FAILING <!here> & [x](https://evil.example.com) *b*", ("<https://evil.example.com|pay>",))
    notice = Notice(
        "t", "b", "bad", (section, Section("FAILING", rows=((("note", "``` <https://evil.example.com>"),),)))
    )
    assert "<https" not in str(webhooks.slack(notice))
    assert str(webhooks.slack(notice)).count("```") == 2
    assert "&lt;!here&gt; &amp;" in str(webhooks.slack(notice))
    assert "](https://evil" not in str(webhooks.teams(notice))


def test_a_card_too_large_for_teams_is_made_smaller_and_keeps_every_headline() -> None:
    row = tuple((f"column_{each}", "x" * 60) for each in range(60))
    sections = tuple(Section(f"FAILING test_{each}", ("said",), rows=(row,) * 3) for each in range(10))
    for lines, told in ((("said",), True), (("said " * 80,) * 30, False)):
        notice = Notice("t", "b", "bad", tuple(replace(each, lines=lines) for each in sections))
        card = json.dumps(webhooks.teams(notice)["attachments"][0]["content"])
        assert len(card) <= webhooks.LARGEST
        assert ("said" in card, "column_1" in card) == (told, False)
        assert all(f"FAILING test_{each}" in card for each in range(10))
    assert "column_1" in str(webhooks.teams(Notice("t", "b", "bad", sections[:1])))


@pytest.mark.parametrize(
    ("address", "service"),
    [
        ("https://hooks.slack.com/services/T1/B1/abc", "slack"),
        ("slack+https://chat.example.com/hooks/abc", "slack"),
        ("https://prod-1.westeurope.logic.azure.com:443/workflows/6f1d/triggers/manual/paths/invoke?sig=x", "teams"),
        ("https://x.12.environment.api.powerplatform.com:443/powerautomate/automations/direct/workflows/6/t", "teams"),
        ("https://evil.example.com/?https://hooks.slack.com/services/T1/B1/abc", None),
        ("https://hooks.slack.com.evil.example.com/services/T1/B1/abc", None),
        ("slack://T1JJ3T3L2/A1BRTD4JD/TIiajkdnlazkcOXrIdevi7FQ", None),
        ("json://chat.example.com/?to=slack+https://evil.example.com/", None),
    ],
)
def test_an_address_tells_its_service(address: str, service: str | None) -> None:
    found = webhooks.parsed(address)
    assert (found[0] if found else None) == service


def test_a_webhook_follows_no_redirect(hooks: Webhooks) -> None:
    hooks.got.clear()
    hooks.status = 302
    to = Webhook("ALERT", "slack", f"http://127.0.0.1:{hooks.port}/{SECRET}")
    assert to.send(Notice("t", "b", "bad")) == "it answered 302"
    assert hooks.got == []
    assert Webhook("ALERT", "slack", "http://127.0.0.1:-1/").send(Notice("t", "b", "bad")) == "it was not taken"


def test_it_is_told_once_and_again_when_it_is_over_or_comes_back(watch: Watch, hooks: Webhooks) -> None:
    watch.fail("a", 48)
    watch.alert(47)
    watch.alert(46)
    watch.fail("b", 40)
    assert watch.alert(39) == (Outcome("ALERT_HOOK", 0, 0),)
    assert len(hooks.got) == 1
    watch.pass_("c", 30)
    watch.alert(29)
    watch.alert(28)
    assert [said["title"].split(": ", 1)[1] for _, said in hooks.got[1:]] == ["unique_orders is resolved"]
    assert hooks.got[1][1]["type"] == "success"
    assert "RESOLVED unique_orders, failing for 19 h 0 min" in hooks.got[1][1]["message"]
    watch.fail("d", 20)
    watch.alert(19)
    # It passed and failed again with no alert in between.
    watch.pass_("e", 10)
    watch.fail("f", 9)
    watch.alert(8)
    assert [said["title"].split(": ", 1)[1] for _, said in hooks.got[2:]] == ["unique_orders is failing"] * 2


def test_what_began_apart_is_told_apart(watch: Watch) -> None:
    watch.fail("a", 48)
    other = result("test.shop.not_null_customers.3", "fail", 24, tested="model.shop.customers")
    watch.add("b", 24, result(UNIQUE, "fail", 24, tested=ORDERS), other)
    titles = [parcel.text.title.split(": ", 1)[1] for parcel in watch.parcels()]
    assert titles == ["unique_orders is failing", "not_null_customers is failing"]


def test_a_resolution_among_open_problems_gives_no_all_clear(watch: Watch, hooks: Webhooks) -> None:
    watch.fail("a", 48, fires=True)
    watch.alert(47)
    watch.add("b", 30, result(UNIQUE, "pass", 30, tested=ORDERS))
    watch.alert(29)
    said = hooks.got[1][1]
    assert (said["type"], "Still open: 1." in said["message"]) == ("info", True)


def test_pauses_and_late_sources_are_told_and_the_same_lateness_once(watch: Watch, hooks: Webhooks) -> None:
    def late(key: str, hours: float, status: str, loaded: int) -> None:
        source = "source.shop.app.events"
        watch.add(key, hours, Freshness("", source, "events", status, max_loaded_at=datetime(2026, 3, loaded)))

    late("a", 30, "warn", 1)
    ledger = Ledger(watch.settings.state)
    pause = ledger.pause(ORDERS, "sent twice", "bob")
    watch.alert(29)
    titles = [said["title"].split(": ", 1)[1] for _, said in hooks.got]
    assert titles == ["app.events is late", "orders is paused"]
    assert "newest row 2026-03-01 00:00 UTC" in hooks.got[0][1]["message"]
    assert "sent twice (by bob)" in hooks.got[1][1]["message"]
    late("b", 20, "warn", 10)
    watch.alert(19)
    assert len(hooks.got) == 2
    late("c", 10, "pass", 10)
    ledger.resume(pause, "sent again", "bob")
    watch.alert(9)
    assert hooks.got[2][1]["title"].endswith("2 problems are resolved")


# -- when something is down -----------------------------------------------------------------------------------------


def test_a_server_that_is_down_is_tried_again_and_the_others_have_theirs(
    watch: Watch, hooks: Webhooks, monkeypatch: pytest.MonkeyPatch
) -> None:
    logged: list[logging.LogRecord] = []
    monkeypatch.setattr(logging.getLogger(), "handlers", [Kept(logged)])
    watch.to = ("ALERT_DOWN", "ALERT_HOOK", "ALERT_SLACK")
    watch.fail("a", 48)
    assert watch.alert(47)[0] == Outcome("ALERT_DOWN", 0, 1, "no connection to it")
    assert len(hooks.got) == 2
    hooks.status = 404
    watch.fail("b", 30)
    assert watch.alert(29)[0].kept == 1
    hooks.status = 200
    monkeypatch.setenv("ALERT_DOWN", f"json://127.0.0.1:{hooks.port}/up")
    assert watch.alert(28)[0] == Outcome("ALERT_DOWN", 1, 0)
    assert [path for path, _ in hooks.got[2:]] == ["/up"]
    # What apprise says of a failure can quote the address.
    assert not [each for each in logged if each.name.startswith("apprise")]


def test_what_is_refused_stands_in_nobody_s_way(watch: Watch, hooks: Webhooks) -> None:
    hooks.status = 401
    watch.fail("a", 48)
    watch.add("s", 40, Freshness("", "source.shop.app.events", "events", "warn"))
    before = hooks.asked
    assert watch.alert() == (Outcome("ALERT_HOOK", 0, 2, "it answered 401"),)
    assert hooks.asked - before == 2


def test_a_server_that_never_answers_costs_one_wait(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apprised, "TIMEOUT", 0.2)
    monkeypatch.setattr(webhooks, "TIMEOUT", 0.2)
    monkeypatch.setattr(destinations, "PATIENCE", 0.1)
    with silent() as port:
        for address in (f"json://127.0.0.1:{port}/", f"slack+http://127.0.0.1:{port}/"):
            to = destination("ALERT_HOOK", {"ALERT_HOOK": address})
            tried: list[str] = []
            send = to.send
            monkeypatch.setattr(to, "send", lambda notice: tried.append(notice.title) or send(notice))  # noqa: B023
            notices = [Notice(str(each), "body", "bad") for each in range(5)]
            assert destinations.deliver(to, notices, lambda _: None) == (0, "no connection to it")
            assert tried == ["0"]


def test_what_could_not_be_noted_is_not_sent(watch: Watch, hooks: Webhooks) -> None:
    watch.fail("a", 48)
    in_the_way = watch.root / "state" / "alerts" / "tried.txt"
    in_the_way.mkdir(parents=True)
    for _ in range(3):
        with pytest.raises(StateError, match="cannot write"):
            watch.alert()
    assert hooks.got == []
    in_the_way.rmdir()
    assert watch.alert() == (Outcome("ALERT_HOOK", 1, 0),)
    assert watch.alert() == (Outcome("ALERT_HOOK", 0, 0),)
    assert len(hooks.got) == 1


def test_what_was_taken_before_a_destination_failed_is_not_sent_again(watch: Watch, hooks: Webhooks) -> None:
    watch.fail("a", 48)
    Ledger(watch.settings.state).pause("model.shop.customers", "sent twice", "bob")
    watch.to = ("ALERT_HOOK", "ALERT_DOWN")
    assert len(watch.parcels()) == 2
    hooks.first = [200, 500]
    first, second = watch.alert()
    assert (first.sent, first.kept, second.sent, second.kept) == (1, 1, 0, 2)
    first, second = watch.alert()
    assert (first, second.kept) == (Outcome("ALERT_HOOK", 1, 0), 2)
    titles = [said["title"].split(": ", 1)[1] for _, said in hooks.got]
    assert titles == ["unique_orders is failing", "customers is paused"]


def test_two_at_the_same_time_tell_it_at_most_twice(watch: Watch, hooks: Webhooks) -> None:
    watch.fail("a", 48)
    both = [send.prepare(watch.root, watch.settings, None, NOW) for _ in range(2)]
    for each in both:
        send.send(each, watch.settings)
    assert watch.alert() == (Outcome("ALERT_HOOK", 0, 0),)
    assert len(hooks.got) == 2


# -- what is not over -----------------------------------------------------------------------------------------------


def test_what_is_missing_from_the_history_is_not_over(watch: Watch) -> None:
    watch.fail("a", 48)
    watch.alert(47)
    (file,) = (watch.root / "state" / "history" / "v1").iterdir()
    content = file.read_bytes()
    file.unlink()
    watch.add("other", 20, result("model.shop.other", "success", 20))
    assert watch.parcels() == ()
    file.write_bytes(b"damaged")
    watch.pass_("b", 10)
    prepared = send.prepare(watch.root, watch.settings, None, NOW)
    assert prepared.parcels == {"ALERT_HOOK": ()}
    assert prepared.damaged == (str(file),)
    file.write_bytes(content)
    assert len(watch.parcels()) == 1


def test_records_that_are_damaged_or_newer(watch: Watch) -> None:
    watch.fail("a", 48)
    watch.alert()
    place = Location(watch.settings.state)
    place.write("alerts/20260310T110000000000Z-0.json", b"[]")
    prepared = send.prepare(watch.root, watch.settings, None, NOW)
    assert (prepared.parcels["ALERT_HOOK"], prepared.damaged) == ((), ("20260310T110000000000Z-0.json",))
    place.write("alerts/20260310T110000000000Z-0.json", b'{"format": 2}')
    with pytest.raises(NewerFormatError):
        watch.parcels()


def test_another_target_or_destination_has_its_own_record(watch: Watch, hooks: Webhooks) -> None:
    watch.fail("a", 48)
    watch.alert(47)
    watch.fail("dev", 60, target="dev")
    prepared = send.prepare(watch.root, watch.settings, "dev", NOW)
    assert [parcel.text.title for parcel in prepared.parcels["ALERT_HOOK"]] == [
        f"{watch.root.name} dev: unique_orders is failing"
    ]
    watch.to = ("ALERT_HOOK", "ALERT_SLACK")
    assert watch.alert() == (Outcome("ALERT_HOOK", 0, 0), Outcome("ALERT_SLACK", 1, 0))


# -- news, without a history ----------------------------------------------------------------------------------------


def concern(key: str, node: str = "", invocation: str | None = None, **given: Any) -> Concern:
    return Concern(Problem("failing", key, key, "said", NOW, **given), node or key, invocation)


def test_groups_are_joined_by_node_and_by_invocation() -> None:
    every = [concern("a", "n"), concern("b", "m", "r"), concern("c"), concern("d", "n", "r"), concern("", "x")]
    found = [[each.problem.key for each in group] for group in news.grouped(every)]
    assert found == [["a", "b", "d"], ["c"], [""]]


def test_a_removed_node_is_over(watch: Watch) -> None:
    told = Told("ALERT_HOOK", "prod", True, "failing", "test.shop.gone", "gone", NOW)
    heard = news.last([told], "ALERT_HOOK", "prod")
    now = Production("shop", "prod", (), frozenset(), frozenset({"model.shop.orders"}))
    (over,) = news.resolved(now, heard)
    assert over.removed
    assert "not in the project any more" in wording.over(now, [over], 0, NOW, None).body
    assert news.resolved(replace(now, present=None), heard) == ()


def test_a_bad_night_is_one_readable_message() -> None:
    every = [concern(f"test_{each}", invocation="r") for each in range(300)]
    production = Production("größe", "prod", tuple(every), frozenset(), None)
    (group,) = news.grouped(every)
    text = wording.opened(production, group, None)
    assert text.title == "größe prod: 300 problems: test_0, test_1 and 298 more"
    assert text.body.count("FAILING") == 10
    long = Concern(Problem("failing", "x", "x", "y\u202e" * 9000), "x", samples=({"select": "z" * 900, "b": None},))
    body = wording.opened(production, [long], None).body
    assert len(body) < 700
    assert "\u202e" not in body
    assert "b: null" in body


# -- the command ----------------------------------------------------------------------------------------------------


def run(watch: Watch, monkeypatch: pytest.MonkeyPatch, capsys: Any, *words: str, to: str = "") -> tuple[int, str]:
    monkeypatch.chdir(watch.root)
    (watch.root / "dbt_project.yml").write_text("name: shop")
    (watch.root / "dataops.yml").write_text(f"state: {watch.root / 'state'}\n{to}")
    with pytest.raises(SystemExit) as ended:
        main(["alert", *words])
    said = capsys.readouterr()
    assert isinstance(ended.value.code, int)
    text = said.out + said.err
    assert SECRET[:24] not in text
    assert "Traceback" not in text
    return ended.value.code, text


def test_the_command(watch: Watch, hooks: Webhooks, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> None:
    watch.fail("a", 48, fires=True)
    to = "alert: {to: [ALERT_DOWN, ALERT_HOOK, ALERT_NONE, ALERT_BAD]}\n"
    monkeypatch.setenv("ALERT_BAD", f"nonsense://{SECRET}")
    code, text = run(watch, monkeypatch, capsys, "--dry-run", to=to)
    assert code == 0
    assert (
        f"To ALERT_DOWN, ALERT_HOOK, ALERT_NONE, ALERT_BAD: {watch.root.name} prod: 2 problems: unique_orders" in text
    )
    assert "[volume_orders.png]" in text
    assert hooks.got == []
    code, text = run(watch, monkeypatch, capsys, to=to)
    assert code == 2
    assert "ALERT_HOOK: 1 message sent" in text
    assert "ALERT_DOWN: 1 message kept for the next time: no connection to it" in text
    assert "ALERT_NONE, which alert.to names, is not set" in text
    assert "ALERT_BAD holds no URL that apprise can send to" in text
    assert run(watch, monkeypatch, capsys, to="alert: {to: [ALERT_DOWN]}\n")[0] == 1
    code, text = run(watch, monkeypatch, capsys, to="alert: {to: [ALERT_HOOK]}\n")
    assert (code, "Nothing new: 2 problems, all told before" in text) == (0, True)
    assert len(hooks.got) == 1
    stored = "".join(path.read_text() for path in (watch.root / "state" / "alerts").iterdir())
    assert SECRET not in stored


def test_without_destinations_nothing_is_said_to_be_sent(
    watch: Watch, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    code, text = run(watch, monkeypatch, capsys)
    assert (code, "alert.to in dataops.yml names no destination" in text) == (2, True)
    code, text = run(watch, monkeypatch, capsys, to=f"alert: {{to: ['slack://{SECRET}']}}\n")
    assert (code, "must be a list of names of environment variables" in text) == (2, True)


def test_a_library_that_breaks_is_one_failed_destination(watch: Watch, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> bool:
        raise RuntimeError(SECRET)

    watch.fail("a", 48)
    watch.to = ("ALERT_HOOK", "ALERT_SLACK")
    monkeypatch.setattr(NotifyJSON, "notify", broken)
    assert watch.alert() == (Outcome("ALERT_HOOK", 0, 1, "RuntimeError"), Outcome("ALERT_SLACK", 1, 0))


def test_dbt_is_not_imported(watch: Watch) -> None:
    code = (
        "import sys; from pathlib import Path; from datetime import datetime, timezone;"
        "from dataops.alerts import send;"
        "from dataops.config import Settings, Alert; from dataops.commands import alert; import dataops.cli;"
        "send.prepare(Path(sys.argv[1]), Settings(state=sys.argv[1], alert=Alert(('A',))), None,"
        " datetime.now(timezone.utc)); assert 'dbt' not in sys.modules, 'dbt'"
    )
    subprocess.run([sys.executable, "-c", code, str(watch.root)], check=True)


def test_the_documented_addresses_are_addresses() -> None:
    text = (Path(__file__).parents[3] / "docs" / "alerts.md").read_text(encoding="utf-8")
    found = re.findall(r"^\| .* \| `(\w+://.*)` \|$", text, re.MULTILINE)
    assert len(found) == 7
    for each in found:
        destination("ALERT", {"ALERT": each})


def test_settings_errors_name_the_variable_alone() -> None:
    with pytest.raises(SettingsError) as caught:
        destination("ALERT_HOOK", {"ALERT_HOOK": f"json://:{SECRET}@"})
    assert SECRET not in caught.value.message + caught.value.remedy
