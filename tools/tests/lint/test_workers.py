"""Lint by several processes: the same findings in the same order, and no process that dies costs one."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from dataops.lint import workers
from dataops.lint.cache import PLACE
from dataops.lint.workers import Workers
from tests.lint import jobs
from tests.shop import Shop


@pytest.fixture(autouse=True)
def _eager(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes for whatever there is to do."""
    monkeypatch.setattr(workers, "FEW", 1)
    monkeypatch.setattr(workers, "_cores", lambda: 2)


def _gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    return False


def test_jobs_are_shared_and_one_who_dies_costs_none() -> None:
    with Workers(99) as two:
        found = [each.result() for each in [two.submit(jobs.where, number) for number in range(20)]]
        assert [number for number, _ in found] == list(range(20))
        others = {process for _, process in found}
        assert os.getpid() not in others
        for strange, kind in ((False, ValueError), (True, jobs.StrangeError)):
            with pytest.raises(kind, match=r"nobody thought of that|1 and 2"):
                two.submit(jobs.failing, strange).result()
        assert two.submit(jobs.where, lambda: 1).result()[1] == os.getpid()  # no pickle holds it
        assert two.submit(jobs.dying, os.getpid()).result() == "done"
        still = [two.submit(jobs.where, number) for number in range(20)]
        assert [each.result()[0] for each in still] == list(range(20))
        assert [two.submit(jobs.dying, os.getpid()).result() for _ in range(9)] == ["done"] * 9
        assert two.submit(jobs.where, 7).result() == (7, os.getpid())
    assert all(_gone(each) for each in others)


def test_nobody_waits_for_a_long_file_after_ctrl_c() -> None:
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt), Workers(99) as two:
        for _ in range(5):
            two.submit(jobs.sleeping)
        raise KeyboardInterrupt
    assert time.monotonic() - started < 60
    assert all(_gone(each.pid) for each in two._processes)


def test_a_worker_ends_with_the_one_who_started_it() -> None:
    with Workers(99) as two:
        two.submit(jobs.where, 1).result()
        for each in two._processes:
            workers._pipe(each.stdin).close()
            assert each.wait(60) == 0


def test_few_files_start_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "FEW", 8)
    for files, cores, started in ((12, 2, False), (13, 2, True), (99, 1, False)):
        monkeypatch.setattr(workers, "_cores", lambda cores=cores: cores)
        with Workers(files) as some:
            for _ in range(files):
                some.next_file()
                some.submit(os.getpid)
            assert bool(some._processes) == started


def test_the_same_findings_in_the_same_order(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, file in enumerate(sorted(each for folder in ("models", "tests") for each in _sql(shop, folder))):
        shop.write(file, shop.read(file).replace("from", "FROM", 1 + number % 2))
    shop.edit("models/staging/stg_orders.sql", "select", "select from where")
    started: list[int] = []
    really = Workers._start
    monkeypatch.setattr(Workers, "_start", lambda self: really(self) or started.append(len(self._processes)))
    shop.git("switch", "-qc", "change")
    shop.commit("shouted")

    def documents() -> list[object]:
        found = shop.run("lint", "--base", "main", "--format", "json").json
        shop.remove(str(PLACE))
        fixed = shop.run("lint", "--all", "--fix", "--format", "json").json
        texts = [shop.read(each) for each in sorted(_sql(shop, "models"))]
        shop.git("checkout", "-q", "--", ".")
        shop.remove(str(PLACE))
        return [found, fixed, texts]

    by_two = documents()
    assert started == [2, 2]
    monkeypatch.setattr(workers, "_cores", lambda: 1)
    assert documents() == by_two
    assert started == [2, 2]


def _sql(shop: Shop, folder: str) -> list[str]:
    return [str(each.relative_to(shop.root)) for each in Path(shop.root, folder).rglob("*.sql")]
