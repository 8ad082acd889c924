"""Where a review goes: files, annotations, the job's summary, the comment; and none of it fails a job."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dataops.commands import delivery
from dataops.deliver import request
from tests.deliver.forges import TOKEN, Server, github, gitlab, serving
from tests.output import examples, shapes
from tests.shop import Shop


def _project(folder: Path, name: str = "shop") -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "dbt_project.yml").write_text(f"name: {name}\n", encoding="utf-8")
    return folder


def _announce(root: Path, with_comment: bool, environment: dict[str, str]) -> list[str]:
    said: list[str] = []
    delivery.announce(examples.review(), root, said.append, with_comment, environment)
    return said


def test_every_form_is_written(tmp_path: Path) -> None:
    (tmp_path / ".git").mkdir()
    root = _project(tmp_path / "dbt")
    files = delivery.write(examples.review(), root)
    assert [file.name for file in files] == list(delivery.FILES)
    assert {file.parent for file in files} == {root / "target" / "dataops"}
    texts = {file.name: file.read_text(encoding="utf-8") for file in files}
    assert texts["review.md"].startswith("## ❌ Not ready")
    assert texts["review.html"].startswith("<!doctype html>")
    assert json.loads(texts["review.json"])["exit_code"] == 1
    # From the top of the repository, where GitHub and GitLab look for them.
    assert '"uri": "dbt/models/fraud' in texts["results.sarif"]
    assert '"path": "dbt/models/fraud' in texts["gl-code-quality.json"]


def test_it_is_written_whatever_is_in_it(tmp_path: Path) -> None:
    delivery.write(shapes.review(2, "\ud800\x00|", 3, "\ud800"), _project(tmp_path))


def test_a_job_on_github_is_told(tmp_path: Path) -> None:
    root, summary = _project(tmp_path), tmp_path / "summary"
    summary.write_text("of an earlier command\n", encoding="utf-8")
    said = _announce(root, False, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    assert [each.split(" ")[0] for each in said] == ["::error"] * 6 + ["::warning"] * 3 + ["::notice"] * 2
    text = summary.read_text(encoding="utf-8")
    assert text.startswith("of an earlier command\n\n## ❌ Not ready")
    assert "<sub>plan 1.2 s" in text


def test_elsewhere_nothing_is_said(tmp_path: Path) -> None:
    assert _announce(_project(tmp_path), False, {"GITHUB_STEP_SUMMARY": str(tmp_path / "summary")}) == []
    assert not (tmp_path / "summary").exists()


def test_a_summary_is_never_too_long(tmp_path: Path) -> None:
    root, summary = _project(tmp_path), tmp_path / "summary"
    summary.write_text("x" * (1024 * 1024 - 100), encoding="utf-8")
    said = _announce(root, False, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)})
    assert said[-1] == "warning: no job summary: it would be longer than GitHub takes"
    assert summary.stat().st_size < 1024 * 1024


def test_a_summary_that_cannot_be_written_is_a_warning(tmp_path: Path) -> None:
    said = _announce(_project(tmp_path), False, {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(tmp_path)})
    assert said[-1].startswith("warning: no job summary: ")


@pytest.mark.parametrize("environment", [github, gitlab])
def test_the_comment_says_where_the_rest_is(tmp_path: Path, environment: object) -> None:
    with serving() as server:
        assert callable(environment)
        given = environment(server, GITHUB_ACTIONS="")
        link = {"GITHUB_RUN_ID": "99"} if "GITHUB_REPOSITORY" in given else {"CI_JOB_URL": "https://gitlab.example/j/1"}
        assert _announce(_project(tmp_path, "bank"), True, {**given, **link})[-1] == "comment created"
        body = server.comments[0]["body"]
    assert body.startswith("<!-- dataops review of bank -->\n## ❌ Not ready")
    assert len(body) < 65_536
    assert ("actions/runs/99)" in body) or ("(https://gitlab.example/j/1)" in body)


def test_a_largest_comment_is_taken(tmp_path: Path) -> None:
    with serving() as server:
        review = shapes.review(400, "数" * 100, 3, "v")
        given = github(server, GITHUB_RUN_ID="1", GITHUB_ACTIONS="")
        delivery.announce(review, _project(tmp_path, "p" * 80), print, True, given)
        assert 60_000 < len(server.comments[0]["body"].encode()) <= 65_536


@pytest.mark.parametrize("broken", ["", "name: [", "- a", "name:\n"])
def test_a_project_without_a_name_is_called_after_its_folder(tmp_path: Path, broken: str) -> None:
    root = _project(tmp_path / "folder")
    (root / "dbt_project.yml").write_text(broken, encoding="utf-8")
    with serving() as server:
        _announce(root, True, github(server, GITHUB_ACTIONS=""))
        assert server.comments[0]["body"].startswith("<!-- dataops review of folder -->\n")


def test_an_api_that_is_down_is_one_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(request.Client, "pause", lambda *_: False)
    said = _announce(_project(tmp_path), True, github(Server(address="http://127.0.0.1:1"), GITHUB_ACTIONS=""))
    assert len(said) == 1
    assert said[0].startswith("warning: no comment: GitHub said ConnectionError")
    assert "\n" not in said[0]
    assert TOKEN not in said[0]


def test_a_job_comments_once(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Twice, in a job of GitHub: one comment, annotations on stderr, a summary, the exit code as ever."""
    shop.edit("seeds/payments.csv", "100,10,1200", "100,10,-1200")
    summary = shop.root.parent / "summary.md"
    with serving() as server:
        for name, value in github(server, GITHUB_STEP_SUMMARY=str(summary)).items():
            monkeypatch.setenv(name, value)
        ran = shop.run("ci", "--comment", "--format", "json")
        assert ran.code == ran.json["exit_code"] == 1
        assert "comment created" in ran.err
        assert "::error file=tests/no_negative_amounts.sql,line=1" in ran.err
        assert shop.run("ci", "--comment").code == 1
        assert len(server.comments) == 1
    assert TOKEN not in ran.out + ran.err
    assert summary.read_text(encoding="utf-8").count("## ❌ Not ready") == 2
    folder = shop.root / "target" / "dataops"
    assert {file.name for file in folder.iterdir()} >= set(delivery.FILES)
    assert all(TOKEN not in path.read_text(encoding="utf-8") for path in folder.iterdir() if path.is_file())


def test_a_comment_without_a_token_is_a_note(shop: Shop) -> None:
    ran = shop.run("ci", "--comment")
    assert ran.code == 0
    assert "warning: no comment: this runs in no job" in ran.err
