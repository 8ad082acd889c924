"""A release on an engine that was never tried is refused, until it was rehearsed there and everything held."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from dataops import __version__
from dataops.engines.adapters import CAPABILITIES
from dataops.engines.duckdb.engine import DuckDB
from dataops.errors import SettingsError
from dataops.project.profiles import Target
from dataops.project.targets import Targets
from dataops.rehearsal.finding import Finding, Rehearsal
from dataops.rehearsal.trial import last, refuse_untried
from dataops.store.state import State
from tests.shop import Shop, refused

_HELD = Rehearsal(
    engine="DuckDB",
    adapter="duckdb",
    adapter_version=version("dbt-duckdb"),
    version=__version__,
    target="prod",
    at="2026-11-30T12:00:00Z",
    findings=(Finding("a failure changes nothing", "held", "production is untouched"),),
)


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if DuckDB were an engine that nobody could start here."""
    monkeypatch.setattr(DuckDB, "capabilities", replace(CAPABILITIES["snowflake"], engine="DuckDB"))


def _ask(state: State) -> None:
    target = Target("prod", Path())

    class Engine:
        capabilities = CAPABILITIES["snowflake"]

    engine: Any = Engine()
    refuse_untried(engine, Targets("duckdb", target, target), state)


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (None, "never tried on a real server"),
        (
            replace(_HELD, findings=(Finding("back and forward", "broken", "edition 1"),)),
            "did not hold: back and forward",
        ),
        (replace(_HELD, version="0.0.1"), "dataops 0.0.1, and this is"),
        (replace(_HELD, adapter_version="0.9"), "dbt-duckdb 0.9, and this is"),
        (replace(_HELD, target="dev"), "the target `dev`, and production is `prod`"),
    ],
)
def test_what_refuses(tmp_path: Path, found: Rehearsal | None, why: str) -> None:
    state = State(str(tmp_path))
    if found is not None:
        state.keep_rehearsal("duckdb", found.document())
        assert last(state, "duckdb") == found
    with pytest.raises(SettingsError, match="releases on Snowflake") as refusal:
        _ask(state)
    assert why in refusal.value.message
    assert "`dataops engine rehearse`" in refusal.value.remedy


def test_what_allows(tmp_path: Path) -> None:
    state = State(str(tmp_path))
    state.keep_rehearsal("duckdb", _HELD.document())
    _ask(state)


@pytest.mark.usefixtures("untried")
def test_deploy_asks(shop: Shop) -> None:
    live = shop.live
    refused(shop.run("deploy"), "releases on DuckDB were never tried on a real server", "dataops engine rehearse")
    checks = {each["name"]: each for each in shop.run("doctor", "--format", "json").json["checks"]}
    assert checks["rehearsal"]["status"] == "note"
    assert "not yet tried" in checks["rehearsal"]["finding"]
    assert "`dataops engine rehearse` proves" in checks["rehearsal"]["remedy"]
    assert shop.live == live
    State(str(shop.root / ".dataops" / "state")).keep_rehearsal("duckdb", _HELD.document())
    shop.publish(2)
    shop.ok("deploy")
    assert "rehearsed on 2026-11-30 with dataops" in shop.ok("doctor").out
