"""The check that nothing changed means nothing selected can fail, and names what was selected."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench import unchanged
from dataops.plan.plan import Plan
from dataops.project.difference import Change
from tests.shop import PROJECTS


def test_an_unchanged_project_passes_and_what_is_selected_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    real = unchanged.planned
    plans: list[tuple[Plan, int]] = []

    def kept(*given: Any) -> tuple[Plan, int]:
        plans.append(real(*given))
        return plans[-1]

    monkeypatch.setattr(unchanged, "planned", kept)
    assert unchanged.check(PROJECTS / "editions")
    assert capsys.readouterr().out.startswith("editions: 3 models; selected 0 against git, 0 against artifacts")

    def blamed(root: Path, profiles: Path, base: str | None, state: str | None) -> tuple[Plan, int]:
        plan, models = plans[1 if state else 0]
        change = Change("model.editions.bound", "modified", ("sql",), "models/marts/bound.sql")
        return replace(plan, changes=(change,) if state else ()), models

    monkeypatch.setattr(unchanged, "planned", blamed)
    monkeypatch.setattr(unchanged, "artifacts", lambda root, profiles, work: work)
    assert not unchanged.check(PROJECTS / "editions")
    assert "artifacts: model.editions.bound modified: sql" in capsys.readouterr().out
