"""What docs/files.md says of damaged files is so."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dataops.commands import delivery
from dataops.store import memory
from dataops.store.drafts import Drafts
from dataops.store.record import Unfinished
from tests import faults
from tests.applications.sample import ROOT
from tests.faults import Case, File
from tests.history.test_files import half_done
from tests.shop import Shop, copied

FILES = [file for files in faults.ROOMS.values() for file in files]


@pytest.fixture(scope="module")
def used(_editions: Shop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    """A project in which every kind of file is: two releases, a pause, a review, a site, what was handed on."""
    shop = copied(_editions, tmp_path_factory.mktemp("used") / "editions")
    shop.write("dataops.yml", "alert: {to: [HOOK]}\n")
    shop.write("seeds/numbers.csv", "number\n1\n")
    shop.publish(2)
    shop.ok("deploy")
    shop.ok("export", "bound", "--to", "out")
    shop.ok("package", "--to", "pk")
    shop.ok("pause", "printed", "--reason", "misprints")
    shop.publish(3)
    assert shop.run("deploy", "--hold").code == 1
    shop.write("pk/.dbtignore", "*")
    assert "Ready" in shop.run("ci", "--keep").out
    shop.ok("plan", "--base", "main")
    shop.ok("report")
    shop.ok("site")
    shop.write(".dataops/state/alerts/20990101T000000000000Z-0123456789abcdef.json", '{"format": 1, "told": []}')
    shop.write(".dataops/state/rehearsals/duckdb.json", '{"format": 1, "rehearsal": {}}')
    # Beside a release that waits there is none, which the next command that asks production finds.
    kept = Unfinished("old", None, "", "2099-01-01T00:00:00.000000Z", "", (), (), False, 1, 2)
    Drafts(str(shop.root / ".dataops" / "state")).record(kept, {})
    Drafts(str(shop.root / ".dataops" / "state")).leave("old")
    (shop.root / ".dataops" / "prod" / "next").mkdir()
    shutil.copy(shop.production, shop.root / ".dataops" / "prod" / "next" / "prod.duckdb")
    half_done(shop.root).leave()
    _left_lineage(shop)
    yield shop


def _left_lineage(shop: Shop) -> None:
    """Two events, of which the half of the file holds one."""
    event = {"eventType": "START", "eventTime": "2026-01-01T00:00:00Z", "producer": "urn:x", "job": {}, "run": {}}
    line = json.dumps(event) + "\n"
    shop.write(".dataops/openlineage/20260101T000000000000-1.jsonl", line + line)


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.pattern))
def test_a_file_that_is_not_what_was_written(file: File, used: Shop, tmp_path: Path) -> None:
    for case in file.cases:
        for fault in case.faults.split():
            if case.changes:
                _tried(copied(used, tmp_path / "tried"), file, case, fault)
                shutil.rmtree(tmp_path / "tried")
            else:
                with _kept(used.root, file):
                    _tried(used, file, case, fault)


@contextmanager
def _kept(root: Path, file: File) -> Iterator[None]:
    """Files of a kind as they are before and after."""
    before = {path: path.read_bytes() for path in root.glob(file.pattern)}
    yield
    for path in [*root.glob(file.pattern), *before]:
        if path.is_dir():
            shutil.rmtree(path)
        path.unlink(missing_ok=True)
    for path, content in before.items():
        path.write_bytes(content)


def _tried(shop: Shop, file: File, case: Case, fault: str) -> None:
    if file.pattern.endswith("pending.json"):
        shop.write(file.pattern, '{"format": 1, "release": "x", "identity": [1, 2, 3, 4]}')
    # Which one of those that are kept a rollback takes, its record says, and what a kept revision is, no name tells:
    # all of them are as bad. The newest bundle is that of a release that waits, which nobody reads.
    paths = sorted(shop.root.glob(file.pattern))
    every = any(each in file.pattern for each in ("prod/releases", "revisions", ".zip"))
    paths = paths if every else paths[-1:]
    path = paths[-1]
    if case.command in ("deploy", "rollback") and case.code == 0:
        shutil.rmtree(shop.root / ".dataops" / "state" / "breaker")
    words = case.command.split()
    if fault in ("unreadable", "full"):
        with faults.refused(path, fault):
            ran = shop.run(*words)
    else:
        for each in paths:
            faults.damage(each, fault)
        ran = shop.run(*words)
    told = f"{file.pattern}, {fault}: `{case.command}` ended with {ran.code}\n{ran.out}\n{ran.err}"
    assert ran.code == case.code, told
    assert case.says in ran.out + ran.err, told
    assert "defect" not in ran.err, told
    assert "Traceback" not in ran.out + ran.err, told
    if ran.code == 2:
        assert [line.split(":")[0] for line in ran.err.splitlines()][-2:] == ["error", "hint"], told
    if case.edition:
        assert shop.edition() == case.edition, told


def test_what_is_remembered_is_lost_without_harm(tmp_path: Path) -> None:
    place = tmp_path / "memory.json"
    for scrap in (b"", b'{"a": ', b"\xff\xfe", b"[" * 100_000):
        place.write_bytes(scrap)
        assert memory.recall(place) is None
    place.unlink()
    place.mkdir()
    assert memory.recall(place) is None
    memory.keep(place, "{}")
    assert place.is_dir()


def test_no_review_of_an_earlier_run_is_left(tmp_path: Path) -> None:
    folder = tmp_path / "target" / "dataops"
    folder.mkdir(parents=True)
    for name in delivery.FILES:
        (folder / name).touch()
    delivery.clear(tmp_path)
    assert list(folder.iterdir()) == []


def test_the_page_says_what_is_tried() -> None:
    assert (ROOT / "docs" / "files.md").read_text(encoding="utf-8") == faults.page()


def test_every_kind_of_fault_is_tried() -> None:
    tried = {fault for file in FILES for case in file.cases for fault in case.faults.split()}
    assert tried == set(faults.FAULTS)
