"""A collector that errs, hangs or is gone costs a command two seconds at most, and nothing is lost."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dataops.errors import RefusedError, SettingsError
from dataops.orchestrate.openlineage import resending
from dataops.orchestrate.openlineage.client import Client, will_not
from dataops.orchestrate.openlineage.delivery import PATIENCE, Delivery
from dataops.orchestrate.openlineage.resending import Resent
from dataops.orchestrate.openlineage.runs import Run
from dataops.orchestrate.openlineage.setting import plain, setting
from dataops.orchestrate.openlineage.spool import FOLDER, REFUSED, Spool, pending
from tests.orchestrate.collector import Collector, collecting
from tests.orchestrate.official import valid_event

MARGIN = 1.0
"""Seconds that a busy machine may add."""


@pytest.fixture
def collector() -> Iterator[Collector]:
    with collecting() as found:
        yield found


@pytest.fixture(autouse=True)
def _unset(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def _use(monkeypatch: pytest.MonkeyPatch, url: str, retries: int | None = 0) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", url)
    if retries is not None:
        monkeypatch.setenv("OPENLINEAGE__TRANSPORT__TYPE", "http")
        monkeypatch.setenv("OPENLINEAGE__TRANSPORT__URL", url)
        monkeypatch.setenv("OPENLINEAGE__TRANSPORT__RETRY", json.dumps({"total": retries}))


def resend(root: Path) -> Resent:
    return resending.resend(root, setting(root, os.environ))


def _told(root: Path, count: int, wait: float = 0.0, patience: float = PATIENCE) -> tuple[list[str], int, float]:
    """Tell `count` events of one run; the jobs that were told, how many are left, and how long the end took."""
    run = Run("shop.prod.deploy", "COMMAND")
    jobs = [f"shop.prod.deploy.{number}" for number in range(count)]

    def keep(text: str) -> None:
        spool.add(text)
        delivery.put(text)

    client = Client(keep)
    spool = Spool(root / FOLDER, run.id)
    delivery = Delivery(client, spool, will_not)
    for each in jobs:
        client.emit(run.below(each, "MODEL").event("COMPLETE", None, {}))
    time.sleep(wait)
    began = time.monotonic()
    left = delivery.close(patience)
    return jobs, left, time.monotonic() - began


def _jobs(events: list[dict[str, Any]]) -> list[str]:
    return [each["job"]["name"] for each in events]


def test_what_is_taken_is_gone_from_the_disk(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, collector.url, retries=None)
    jobs, left, _ = _told(tmp_path, 20)
    assert left == 0
    assert _jobs(collector.events) == jobs
    assert list((tmp_path / FOLDER).iterdir()) == []
    for each in collector.events:
        valid_event(each)


@pytest.mark.parametrize("mode", ["500", "hang", "gone"])
def test_resend_delivers_each_once_in_its_order(
    mode: str, collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the client's own retries, as it is used."""
    if mode == "gone":
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            _use(monkeypatch, f"http://127.0.0.1:{free.getsockname()[1]}", retries=None)
    else:
        collector.mode = mode
        _use(monkeypatch, collector.url, retries=None)
    first, left, seconds = _told(tmp_path, 6)
    second, _, _ = _told(tmp_path, 4, patience=0.1)
    assert left == 6
    assert seconds < PATIENCE + MARGIN
    assert collector.events == []
    with collecting() as other:
        _use(monkeypatch, other.url)
        assert resend(tmp_path).sent == 10
        assert _jobs(other.events) == [*first, *second]
        assert resend(tmp_path).sent == 0
        assert len(other.events) == 10
    assert pending(tmp_path) == []


def test_what_was_taken_before_is_not_sent_again(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The collector stops taking in the middle, also in the middle of a resend."""
    _use(monkeypatch, collector.url)
    taken: list[int] = []
    answered = collector._answered

    def some(path: str, body: bytes) -> int:
        if len(collector.events) in taken:
            return 503
        return answered(path, body)

    collector._answered = some  # type: ignore[method-assign]
    taken[:] = [3]
    jobs, left, _ = _told(tmp_path, 9, patience=0.3)
    assert left == 6
    taken[:] = [5]
    with pytest.raises(RefusedError, match="it answers with errors; 4 events wait on"):
        resend(tmp_path)
    taken[:] = []
    assert resend(tmp_path).sent == 4
    assert _jobs(collector.events) == jobs


def test_a_collector_that_comes_back_during_the_command_gets_all(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, collector.url)
    collector.mode = "500"
    answered = collector._answered

    def mended(path: str, body: bytes) -> int:
        code = answered(path, body)
        collector.mode = "ok"
        return code

    collector._answered = mended  # type: ignore[method-assign]
    jobs, left, _ = _told(tmp_path, 5, wait=1.5)
    assert left == 0
    assert _jobs(collector.events) == jobs


def test_a_slow_collector_gets_the_rest_later(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, collector.url)
    collector.mode = "slow"
    jobs, left, seconds = _told(tmp_path, 30)
    assert 0 < left < 30
    assert seconds < PATIENCE + MARGIN
    time.sleep(0.5)  # what was on its way when the command ended is answered by now
    before = len(collector.events)
    collector.mode = "ok"
    resend(tmp_path)
    assert _jobs(collector.events)[:before] == jobs[:before]
    assert _jobs(collector.events)[-left:] == jobs[-left:]


def test_an_event_that_is_refused_stands_in_nobody_s_way(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, collector.url)
    answered = collector._answered

    def picky(path: str, body: bytes) -> int:
        return 422 if b"deploy.2" in body else answered(path, body)

    collector._answered = picky  # type: ignore[method-assign]
    jobs, left, _ = _told(tmp_path, 4)
    assert left == 0
    assert _jobs(collector.events) == [each for each in jobs if each != "shop.prod.deploy.2"]
    kept = (tmp_path / FOLDER / REFUSED).read_text(encoding="utf-8")
    assert json.loads(kept)["job"]["name"] == "shop.prod.deploy.2"
    collector.mode = "401"
    _told(tmp_path, 2, patience=0.3)
    with pytest.raises(RefusedError, match="it answers 401; 2 events wait on"):
        resend(tmp_path)


_KILLED = """
    import os, sys
    from pathlib import Path
    from dataops.orchestrate.openlineage.client import Client, will_not
    from dataops.orchestrate.openlineage.delivery import Delivery
    from dataops.orchestrate.openlineage.runs import Run
    from dataops.orchestrate.openlineage.spool import FOLDER, Spool
    root, run = Path(sys.argv[1]), Run("shop.prod.deploy", "COMMAND")
    node = run.below("shop.prod.model.shop.orders", "MODEL")
    client = Client(lambda text: (spool.add(text), delivery.put(text)))
    spool = Spool(root / FOLDER, run.id)
    delivery = Delivery(client, spool, will_not)
    client.emit(run.event("START", None, {}))
    client.emit(node.event("START", None, {}))
    done = run.below("shop.prod.model.shop.customers", "MODEL")
    client.emit(done.event("START", None, {}))
    client.emit(done.event("COMPLETE", None, {}))
    with spool.path.open("a") as file:
        file.write('{"eventType": "RUNN')
    print("told", flush=True)
    sys.stdin.read()
"""


def test_a_run_that_was_killed_is_told_as_aborted(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _use(monkeypatch, collector.url)
    collector.mode = "503"
    with subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(_KILLED), str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "told\n"
        assert resend(tmp_path).running == 1, "what a living process writes is left alone"
        process.kill()
    collector.mode = "ok"
    done = resend(tmp_path)
    assert (done.sent, done.aborted) == (6, 2)
    told = [(each["eventType"], each["job"]["name"].rsplit(".", 1)[-1]) for each in collector.events]
    assert told == [
        ("START", "deploy"), ("START", "orders"), ("START", "customers"), ("COMPLETE", "customers"),
        ("ABORT", "orders"), ("ABORT", "deploy"),
    ]  # fmt: skip
    for each in collector.events:
        valid_event(each)
    assert resend(tmp_path).sent == 0


def test_a_key_is_sent_and_written_nowhere(
    collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", collector.url.replace("//", "//anna:hunter2@"))
    monkeypatch.setenv("OPENLINEAGE_API_KEY", "hunter3")
    before = dict(os.environ)
    _told(tmp_path, 1)
    assert "hunter3" in collector.headers["Authorization"] or "Basic" in collector.headers["Authorization"]
    assert dict(os.environ) == before, "the client leaves no copy of the key in the environment"
    collector.mode = "500"
    _told(tmp_path, 1, patience=0.1)
    [file] = pending(tmp_path)
    assert "hunter" not in file.read_text(encoding="utf-8")
    found = setting(tmp_path, os.environ)
    assert found is not None
    assert found.place == collector.url


@pytest.mark.parametrize(
    ("written", "place"),
    [
        (
            "transport: {type: http, url: 'https://u:p@lineage.internal:5000/x?key=1'}",
            "https://lineage.internal:5000/x",
        ),
        ("transport: {type: kafka}", "the transport `kafka`"),
        ("transport: {}", None),
        ("{", "a file that is not valid YAML"),
    ],
)
def test_a_file_of_settings_is_read_as_the_client_reads_it(written: str, place: str | None, tmp_path: Path) -> None:
    (tmp_path / "openlineage.yml").write_text(written, encoding="utf-8")
    found = setting(tmp_path, {})
    assert (found and found.place) == place
    assert setting(tmp_path, {"OPENLINEAGE_DISABLED": "true", "OPENLINEAGE_URL": "http://x"}) is None


def test_an_address_is_shown_without_what_is_secret_in_it() -> None:
    assert plain("https://u:p@host:8080/a?token=b") == "https://host:8080/a"
    assert plain("http://[") == "an address that cannot be read"


def test_without_a_setting_there_is_nowhere_to_send_to(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="nothing says where lineage is told"):
        resend(tmp_path)


def test_settings_that_cannot_be_used_are_an_error_without_their_values(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENLINEAGE_URL", "anna:hunter2@nowhere")
    with pytest.raises(SettingsError, match="cannot be used as it is set") as error:
        Client(lambda _: None)
    assert "hunter2" not in error.value.message + error.value.remedy
