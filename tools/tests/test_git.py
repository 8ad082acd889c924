"""git as the tool uses it leaves the user's checkout as it was."""

from __future__ import annotations

import pytest

from tests.shop import Shop


def test_what_is_staged_stays_staged_when_run_from_a_git_hook(fresh: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    fresh.publish(2)
    fresh.git("add", "-A")
    staged = fresh.git("diff", "--cached", "--stat")
    assert "published.sql" in staged
    monkeypatch.setenv("GIT_INDEX_FILE", str(fresh.top / ".git" / "index"))
    monkeypatch.setenv("GIT_DIR", str(fresh.top / ".git"))
    fresh.ok("plan", "--base", "main")
    assert fresh.git("diff", "--cached", "--stat") == staged
    assert fresh.git("worktree", "list").count("\n") == 0, "the worktree of the base was left behind"
