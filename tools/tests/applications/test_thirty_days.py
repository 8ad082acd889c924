"""Thirty days of the four applications: what is planted is found by its monitors, and nothing else is."""

from __future__ import annotations

import pytest
from dbt.contracts.graph.manifest import Manifest

from bench import thirty_days
from tests.applications.sample import Copy

PARSE = "target/dataops/parse/prod/partial_parse.msgpack"


@pytest.fixture(scope="module")
def month(built: Copy, tmp_path_factory: pytest.TempPathFactory) -> thirty_days.Month:
    return thirty_days.Month(
        Manifest.from_msgpack((built.folder / PARSE).read_bytes()), tmp_path_factory.mktemp("month")
    )


def test_what_is_planted_is_found_and_nothing_else(month: thirty_days.Month, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATAOPS_WAREHOUSE", ".")
    month.build(thirty_days.feed.LAST_DAY)
    series = month.judge_at_once()
    assert thirty_days.alarms(series) == thirty_days.PLANTED
    assert thirty_days.count(series, thirty_days.IS_DETECTED) == 540


def test_every_monitor_has_something_to_find(month: thirty_days.Month) -> None:
    assert set(month.monitors) == {name for name, _ in thirty_days.PLANTED}
    assert all(node.description for node in month.monitors.values())
