"""The history, pauses, releases and what was told, in an object store that speaks S3, each seen as soon as written."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, TypeVar

import pytest

from dataops.alerts.alert import Told
from dataops.alerts.news import Ledger as Alerts
from dataops.breaker.ledger import Ledger as Pauses
from dataops.errors import StateError
from dataops.history import files, upkeep
from dataops.history.journals import journals
from dataops.history.reader import reading
from dataops.store.location import Location
from dataops.store.record import Release
from dataops.store.state import State, pack
from tests.history.made import NODES, START, write

s3fs = pytest.importorskip("s3fs", reason="s3fs is not installed")
server = pytest.importorskip("moto.server", reason="moto is not installed")


@pytest.fixture(scope="module")
def bucket() -> Iterator[str]:
    """The address of an empty bucket on a server of this machine; nothing speaks to another."""
    patch = pytest.MonkeyPatch()
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    host, port = running.get_host_and_port()
    for name, value in {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_ACCESS_KEY_ID": "tester",
        "AWS_SECRET_ACCESS_KEY": "tester",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        patch.setenv(name, value)
    s3fs.S3FileSystem(skip_instance_cache=True).mkdir("bucket")
    yield "s3://bucket"
    running.stop()
    patch.undo()


T = TypeVar("T")


def elsewhere(work: Callable[..., T], *words: Any) -> T:
    """What another process does, which has a connection and a listing of its own."""
    known = dict(s3fs.S3FileSystem._cache)
    s3fs.S3FileSystem.clear_instance_cache()
    try:
        return work(*words)
    finally:
        s3fs.S3FileSystem._cache.clear()
        s3fs.S3FileSystem._cache.update(known)


def counted(state: str, root: Path) -> Counter[str]:
    with reading(state, root) as history:
        assert history.damaged == ()
        rows = history.connection.execute("select invocation_id, count(*) from results group by 1").fetchall()
        return Counter(dict(rows))


def test_the_history_is_there_at_once_and_kept_small(bucket: str, tmp_path: Path) -> None:
    state, here, there = f"{bucket}/one/state", tmp_path / "here", tmp_path / "there"
    assert counted(state, there) == {}
    with ThreadPoolExecutor(5) as pool:
        list(pool.map(lambda each: write(state, here, f"run-{each}", START + timedelta(hours=6 * each)), range(5)))
    whole = {f"run-{each}": NODES for each in range(5)}
    assert counted(state, there) == whole
    assert journals(here / ".dataops" / "journal") == []
    # This reader has listed the folder before, and sees what is written after that.
    elsewhere(write, state, here, "run-5", START + timedelta(hours=30))
    whole |= {"run-5": NODES}
    assert counted(state, there) == whole
    assert elsewhere(upkeep.compact, state, here / "work").written == 2
    assert counted(state, there) == whole
    assert elsewhere(upkeep.compact, state, here / "work").removed == 0
    assert elsewhere(upkeep.compact, state, here / "work", timedelta()).removed == 6
    assert len(Location(state).names(files.folder())) == 2
    assert counted(state, there) == whole
    assert counted(state, tmp_path / "elsewhere") == whole
    assert elsewhere(upkeep.expire, state, here / "work", START + timedelta(hours=13)).invocations == 3
    assert counted(state, there) == {f"run-{each}": NODES for each in range(3, 6)}


def test_a_damaged_object_is_named(bucket: str, tmp_path: Path) -> None:
    state = f"{bucket}/two"
    for each in range(2):
        write(state, tmp_path, f"run-{each}")
    place = Location(state)
    name = next(name for name in place.names(files.folder()) if "run-0" in name)
    place.write(f"{files.folder()}/{name}", b"PAR1 cut off")
    with reading(state, tmp_path / "there") as history:
        assert [each.file for each in history.damaged] == [f"{state}/history/v1/{name}"]
        assert history.connection.execute("select invocation_id from invocations").fetchall() == [("run-1",)]


def test_a_bucket_that_is_not_there_loses_nothing(bucket: str, tmp_path: Path) -> None:
    with pytest.raises(StateError, match="nowhere"):
        write("s3://nowhere/state", tmp_path, "run-0")
    assert [path.stem for path in journals(tmp_path / ".dataops" / "journal")] == ["run-0"]


def test_pauses_are_seen_at_once(bucket: str) -> None:
    state = f"{bucket}/three"
    pauses = Pauses(state)
    assert pauses.read().pauses == ()
    pause = elsewhere(lambda: Pauses(state).pause("model.shop.orders", "wrong", "Ann"))
    assert [each.id for each in pauses.read().pauses] == [pause.id]
    elsewhere(lambda: Pauses(state).resume(pause, "mended", "Bob"))
    assert pauses.read().pauses == ()
    assert [each.pause for each in pauses.read().incidents] == [pause.id]


def test_what_was_told_is_seen_at_once(bucket: str) -> None:
    state, now = f"{bucket}/four", datetime(2026, 3, 1, 12, tzinfo=timezone.utc)
    alerts = Alerts(state)
    assert alerts.read(now) == ((), ())
    told = Told("mail", "prod", True, "failing", "model.shop.orders", "orders", now)
    over = replace(told, is_open=False, at=now + timedelta(hours=1), since=now)
    for each in (told, over):
        elsewhere(lambda one=each: Alerts(state).add([one]))
    assert alerts.read(now) == ((told, over), ())
    assert alerts.read(now + timedelta(minutes=1)) == ((over,), ())


def test_a_release_is_seen_at_once(bucket: str) -> None:
    state = f"{bucket}/five"
    store = State(state)
    assert store.current() is None
    for edition in (1, 2):
        release = Release(
            f"2026030{edition}T060000Z-0a1b2c", "", "deploy", None, "Ann", "duckdb", "1.11", None, 1, 0, 0
        )
        content = pack({"manifest.json": str(edition).encode()})
        elsewhere(lambda made=release, packed=content: State(state).record(made, packed))
        # The pointer is the one object that is written over.
        elsewhere(lambda made=release: State(state).point(made.id))
        assert store.current() == release.id
        bundle = store.bundle()
        assert bundle is not None
        assert bundle.read("manifest.json") == str(edition).encode()
        assert len(store.releases()) == edition
