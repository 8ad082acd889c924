"""git as the tool uses it leaves the user's checkout as it was, and what git refuses is said in git's words."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from dataops.environment import git
from tests.shop import Shop, ran, refused

BASE = ("plan", "--base", "main")


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


def test_what_git_refuses(editions: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line and one hint each; nothing of the base is left in the temporary folder or in git."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()
    refused(editions.run("plan", "--base", "nowhere"), "git does not know the revision nowhere", "fetch it first")
    with monkeypatch.context() as other:
        other.setenv("GIT_TEST_ASSUME_DIFFERENT_OWNER", "1")
        refused(editions.run(*BASE), "belongs to another user", "safe.directory")
        assert "it belongs to another user" in editions.run("doctor").out
    with monkeypatch.context() as without:
        without.setenv("PATH", "")
        refused(editions.run(*BASE), "git cannot be started")
    editions.publish(2)
    editions.write(".gitattributes", "*.sql filter=kept\n")
    editions.git("add", "-A")
    editions.commit()
    editions.publish(3)
    editions.git("config", "filter.kept.smudge", "no-such-program smudge")
    editions.git("config", "filter.kept.required", "true")
    refused(editions.run(*BASE), "git cannot lay out files that a filter keeps elsewhere", "git-lfs")
    for name in ("smudge", "required"):
        editions.git("config", "--unset", f"filter.kept.{name}")
    editions.commit("the third")
    editions.git("switch", "-q", "--orphan", "alone")
    editions.git("commit", "-q", "--allow-empty", "-m", "alone")
    editions.git("checkout", "-q", "main", "--", ".")
    editions.publish(4)
    refused(editions.run(*BASE), "this branch shares no history with main")
    editions.git("switch", "-q", "-f", "main")
    Path(editions.top / ".git" / "shallow").write_text(editions.git("rev-parse", "HEAD") + "\n", encoding="utf-8")
    refused(editions.run("plan", "--base", "main~1"), "does not know the revision main~1", "git fetch --unshallow")
    Path(editions.top / ".git").rename(tmp_path / "gone")
    refused(editions.run(*BASE), "is in no git repository")
    assert list((tmp_path / "temporary").iterdir()) == []


def test_hooks_submodules_and_a_detached_head(editions: Shop, tmp_path: Path) -> None:
    """A hook that fails is not run; a submodule is what the base has of it; nothing is left behind."""
    other = Shop(tmp_path / "other", tmp_path / "other")
    other.write("inside.sql", "select 1 as a\n")
    other.git("init", "-q", "-b", "main")
    other.commit()
    editions.git("-c", "protocol.file.allow=always", "submodule", "--quiet", "add", str(other.top), "models/theirs")
    editions.commit()
    hook = editions.top / ".git" / "hooks" / "post-checkout"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 2\n", encoding="utf-8")
    hook.chmod(0o755)
    inside = Shop(editions.root / "models" / "theirs", editions.top / "models" / "theirs")
    inside.write("inside.sql", "select 2 as a\n")
    inside.commit()
    editions.commit("another commit of the submodule")
    before = editions.git("rev-parse", "HEAD~1")
    editions.git("-c", "core.hooksPath=/dev/null", "checkout", "-q", "--detach")
    plan = editions.plan("--base", before)
    assert ran(plan) == {"inside"}
    assert plan["changes"][0]["kind"] == "modified"
    assert editions.git("worktree", "list").count("\n") == 0


def test_a_base_that_dbt_cannot_read_does_not_stop_the_branch_that_mends_it(editions: Shop) -> None:
    good = editions.read("models/marts/published.sql")
    editions.write("models/marts/published.sql", "select {{ 1 + }} as edition\n")
    editions.commit("broken")
    editions.git("switch", "-qc", "mended")
    editions.write("models/marts/published.sql", good)
    editions.commit("mended")
    found = editions.ok("ci", "--base", "main").out
    assert "cannot be read, so everything is treated as changed" in found
    assert "models/marts/published.sql" in found.split("treated as changed:")[1].splitlines()[0]
    assert "Linted 1 file" in found
    assert "Built and tested 3 models, 1 test" in found
    assert "dataops-base" not in found
    plan = editions.plan("--base", "main")
    assert "unexpected" in plan["base"]["unread"]
    assert {change["kind"] for change in plan["changes"]} == {"modified"}
    editions.write("models/marts/published.sql", "select {{ 2 + }} as edition\n")
    refused(editions.run(*BASE), "models/marts/published.sql")


def test_texts_of_a_commit(tmp_path: Path) -> None:
    """Every byte of them, under whatever names, also of those that were moved since."""
    one = Shop(tmp_path / "top" / "project", tmp_path / "top")
    texts = {
        "models/a b.sql": "select 1\n",
        "models/ü.sql": "ends without a line",
        "leer.sql": "",
        "c.sql": "a\r\n\nb\n",
    }
    for name, text in texts.items():
        one.root.joinpath(name).parent.mkdir(parents=True, exist_ok=True)
        one.root.joinpath(name).write_bytes(text.encode())
    one.root.joinpath("odd.sql").write_bytes(b"-- \xff\n")
    one.write("moved.sql", "".join(f"select {number}\n" for number in range(20)))
    one.write("folder/inside.sql", "select 2\n")
    one.git("init", "-q", "-b", "main")
    one.commit()
    commit = one.git("rev-parse", "HEAD")
    one.git("mv", "project/moved.sql", "project/models/elsewhere.sql")
    one.remove("folder/inside.sql")
    one.write("new.sql", "select 3\n")
    one.commit("later")
    asked = {*texts, "odd.sql", "models/elsewhere.sql", "folder", "new.sql", "gone.sql", "two\nlines.sql"}
    found = git.earlier_texts(one.root, commit, asked)
    assert found == {
        **texts,
        "odd.sql": "-- \udcff\n",
        "models/elsewhere.sql": "".join(f"select {number}\n" for number in range(20)),
    }
    assert git.earlier_texts(one.root, "nowhere", asked) == {}
    assert git.earlier_texts(tmp_path, commit, asked) == {}
