"""What OpenLineage is told of a release is called as readers find it, wherever it was built."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from tests.engines.subject import LIVE, Production
from tests.orchestrate.collector import collecting
from tests.orchestrate.official import valid_event


@pytest.mark.parametrize("subject", ["postgres"], indirect=True)
def test_a_release_is_told_by_production_s_names(
    production: Production, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("OPENLINEAGE")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2-password")
    with collecting() as collector:
        monkeypatch.setenv("OPENLINEAGE_URL", collector.url)
        production.deploy(2)
        events = collector.events
    for each in events:
        valid_event(each)
    written = {output["name"]: output for each in events for output in each["outputs"]}
    counted = f"postgres.{LIVE.strip(chr(34))}.counted"
    assert counted in written
    assert {each["namespace"] for each in written.values()} == {"postgres://localhost:5432"}
    told = json.dumps(events)
    assert "__next" not in told
    assert "hunter2" not in told
    # The adapter says how many rows a table got.
    assert written[counted]["outputFacets"]["outputStatistics"]["rowCount"] >= 1
