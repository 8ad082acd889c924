"""The check that nothing changed means nothing selected can fail, and names what was selected."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import unchanged
from dataops.project.difference import Change
from tests.shop import PROJECTS


def test_an_unchanged_project_passes(capsys: pytest.CaptureFixture[str]) -> None:
    assert unchanged.check(PROJECTS / "editions")
    assert capsys.readouterr().out.startswith("editions: 3 models; selected 0 against git, 0 against artifacts")


def test_what_is_selected_is_named(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    real = unchanged.planned

    def blamed(root: Path, profiles: Path, base: str | None, state: str | None) -> Any:
        plan, models = real(root, profiles, base, state)
        change = Change("model.editions.bound", "modified", ("sql",), "models/marts/bound.sql")
        return replace(plan, changes=(change,) if state else ()), models

    monkeypatch.setattr(unchanged, "planned", blamed)
    assert not unchanged.check(PROJECTS / "editions")
    assert "artifacts: model.editions.bound modified: sql" in capsys.readouterr().out
