"""The v2 parser beside dbt's own: what the setting does, and what is said where it is missing, fails or differs."""

from __future__ import annotations

import json
import shutil
import stat
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from dataops.project import parsers
from tests.shop import Shop, ran, refused

here = pytest.mark.skipif(parsers.installed() is None, reason="the v2 parser comes with dbt 1.12")


def said(shop: Shop) -> str:
    found: Any = shop.ok("doctor", "--format", "json").json["checks"]
    check = next(each for each in found if each["name"] == "parser")
    return f"{check['status']}: {check['finding']}"


def _absent(name: str) -> str:
    raise PackageNotFoundError(name)


def _program(folder: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another program in the place of the v2 parser."""
    monkeypatch.setattr(parsers, "version", lambda _: "2.0.0a4")
    monkeypatch.setattr(parsers.sysconfig, "get_path", lambda _: str(folder))
    folder.mkdir()
    (folder / parsers.PACKAGE).write_text(f"#!/bin/sh\n{text}\n", encoding="utf-8")
    (folder / parsers.PACKAGE).chmod(stat.S_IRWXU)


def test_dbt_s_own_parser_unless_it_is_asked_for(editions: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is started to say so."""
    monkeypatch.setattr(parsers, "run", lambda *_: pytest.fail("the v2 parser was started"))
    monkeypatch.setattr(parsers, "version", lambda _: "2.0.0a4")
    assert said(editions) == "ok: dbt's own: the v2 parser 2.0.0a4 is not shown to read the same (docs/dbt-2.md)"
    shutil.rmtree(editions.root / "target")
    editions.write("dataops.yml", "parser: dbt\n")
    assert said(editions) == "ok: dbt's own"
    monkeypatch.setattr(parsers, "version", _absent)
    editions.write("dataops.yml", "parser: auto\n")
    assert said(editions) == "ok: dbt's own: no v2 parser is installed"
    editions.write("dataops.yml", "parser: rust\n")
    refused(editions.run("doctor"), '`parser` is "rust"', "auto, dbt, v2")


@here
def test_a_project_that_both_read_alike(editions: Shop) -> None:
    editions.write("dataops.yml", "parser: v2\n")
    assert said(editions) == f"ok: dbt's own; the v2 parser {parsers.installed()} reads the same"


@here
def test_a_project_that_they_read_otherwise(fresh: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cold parse says so, a warm one asks nobody, and the plan is that of dbt's own parser."""
    own = fresh.plan("--base", "main")
    fresh.write("dataops.yml", "parser: v2\n")
    fresh.publish(2)
    shutil.rmtree(fresh.root / "target")
    cold = fresh.plan("--base", "main")
    assert ran(cold) == {"published"}
    assert ran(own) == set()
    shutil.rmtree(fresh.root / "target")
    told = fresh.ok("plan", "--base", "main").out.replace("\n", " ")
    assert f"Beside it, the v2 parser {parsers.installed()} reads" in told
    assert "which macros and variables it reaches" in told
    assert "dbt's own parse is used" in told
    assert said(fresh).startswith("note: dbt's own; the v2 parser")
    monkeypatch.setattr(parsers, "trial", lambda *_: pytest.fail("it was asked"))
    fresh.ok("plan", "--base", "main")


def test_a_parser_that_is_not_there(editions: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    editions.write("dataops.yml", "parser: v2\n")
    monkeypatch.setattr(parsers, "version", _absent)
    assert said(editions) == f"note: dbt's own; the v2 parser is not installed (pip install {parsers.PACKAGE})"


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("echo '[error] [JinjaError (dbt1501)]: no such macro'; exit 1", "failed (exit code 1): [error] [JinjaError"),
        ("kill -SEGV $$", "failed (exit code -11): it did not say why"),
        ("exit 0", "ended without a manifest"),
        ("true", "ended without a manifest"),
        ('for word; do [ "$was" = --target-path ] && echo "{" > "$word/manifest.json"; was="$word"; done',
         "wrote what cannot be read"),
    ],
)  # fmt: skip
def test_a_parser_that_fails(
    editions: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, why: str
) -> None:
    _program(tmp_path / "bin", text, monkeypatch)
    editions.write("dataops.yml", "parser: v2\n")
    assert said(editions).startswith(f"note: dbt's own; the v2 parser 2.0.0a4 {why}")


def test_a_parser_that_cannot_be_started(editions: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The plan of a checkout that was never parsed goes on, and its JSON holds nothing else."""
    monkeypatch.setattr(parsers, "version", lambda _: "2.0.0a4")
    monkeypatch.setattr(parsers.sysconfig, "get_path", lambda _: str(tmp_path))
    editions.write("dataops.yml", "parser: v2\n")
    shutil.rmtree(editions.root / "target")
    editions.publish(2)
    plan = json.loads(editions.ok("plan", "--base", "main", "--format", "json").out)
    assert "published" in ran(plan)
    assert "cannot be run" in said(editions)
