"""`check` once more: without dbt where nothing has moved, and judged anew where anything has that it rests on."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from dataops.check.own import FOLDER, contained
from dataops.commands import change
from dataops.plan.untouched import Given
from dataops.review import again
from tests.shop import Shop

MART = "models/marts/fct_late.sql"
OWN = f"{FOLDER}/own.py"
RULE = '''
from dataops.check import rule


@rule(mend="sell it", light="warn")
def editions_are_sold(model):
    """An edition that is not sold is lost."""
    if model.name in ("published", "fct_late"):
        yield "it is not sold"
'''


@pytest.fixture
def branch(shop: Shop) -> Shop:
    """A branch with findings of its own, in a shop with a rule of its own."""
    shop.write(OWN, RULE)
    shop.commit("a rule")
    shop.git("switch", "-qc", "change")
    shop.write(MART, "select * from {{ source('app', 'events') }}\n")
    return shop


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Once for each time that the project was parsed and judged."""
    found: list[str] = []
    really = change._checked
    monkeypatch.setattr(change, "_checked", lambda *words: found.append("") or really(*words))
    return found


def _found(shop: Shop, *words: str) -> tuple[int, str]:
    ran = shop.run("check", "--base", "main", *words)
    assert ran.code in (0, 1), ran.err
    return ran.code, ran.out


def test_where_nothing_has_moved_nobody_judges_again(branch: Shop, asked: list[str]) -> None:
    first = _found(branch)
    assert first[0] == 1
    assert "editions_are_sold" in first[1]
    assert _found(branch) == first
    assert len(asked) == 1
    document = branch.run("check", "--base", "main", "--format", "json").json
    assert len(asked) == 1
    assert document["known"] > 0
    assert "revision main (" in document["against"]
    # Its own rules have changed, then the settings, then the base.
    branch.edit(OWN, "it is not sold", "nobody buys it")
    assert "nobody buys it" in _found(branch)[1]
    assert len(asked) == 2
    branch.write("dataops.yml", "check: {rules: {editions_are_sold: off}}\n")
    assert "nobody buys it" not in _found(branch)[1]
    assert len(asked) == 3
    branch.commit("a mart")
    branch.git("branch", "-qf", "main")
    branch.write(MART, branch.read(MART) + "-- more\n")
    code, out = _found(branch)
    assert (code, "no new findings" in out) == (0, True)
    assert len(asked) == 4
    # What was damaged is as good as nothing, and --all is judged each time.
    for text in ("[]", "{", '{"a": 1}'):
        branch.write("target/dataops/check-again.json", text)
        assert _found(branch)[1] == out
    assert len(asked) == 7
    for _ in range(2):
        branch.run("check", "--all")
    assert len(asked) == 9


MOVES: dict[str, Callable[[Shop], object]] = {
    "a rule": lambda shop: shop.edit(OWN, "sell it", "give it away"),
    "another rule": lambda shop: shop.write(f"{FOLDER}/later.py", ""),
    "a rule under no version control": lambda shop: (
        shop.write(".gitignore", shop.read(".gitignore") + "hidden.py\n"),
        shop.commit("hidden"),
        shop.write(f"{FOLDER}/hidden.py", ""),
    ),
    "the settings": lambda shop: shop.write("dataops.yml", "check: {preset: strict}\n"),
    "a description": lambda shop: shop.write(
        "models/marts/marts.yml", shop.read("models/marts/marts.yml") + "# more\n"
    ),
    "a model": lambda shop: shop.edit(MART, "select *", "select  *"),
    "the profile": lambda shop: shop.edit("profiles/profiles.yml", "threads: ", "threads: 1"),
    "the base": lambda shop: shop.git("branch", "-qf", "main", "main~1"),
    "a package": lambda shop: shop.write("dbt_packages/acme/dbt_project.yml", "name: acme\nversion: 1.0.0\n"),
}


@pytest.mark.parametrize("moved", MOVES)
def test_what_moves_is_another_answer(branch: Shop, moved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(branch.root)
    given = Given(branch.root, {"profiles_dir": None}, "main", None, (FOLDER,))
    before = again.key(given)
    assert before is not None
    assert again.key(given) == before
    MOVES[moved](branch)
    assert again.key(given) not in (before, None)


def test_what_git_does_not_tell_has_no_answer(branch: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(branch.root)
    given = Given(branch.root, {"profiles_dir": None}, "main", None, (FOLDER,))
    for name, target in (("link.py", branch.root / OWN), ("folder", branch.root / "models")):
        (branch.root / FOLDER / name).symlink_to(target)
        assert again.key(given) is None
        (branch.root / FOLDER / name).unlink()
    inside = Shop(branch.root / "models" / "theirs", branch.root / "models" / "theirs")
    inside.write("one.sql", "select 1 as one\n")
    inside.git("init", "-q")
    inside.commit()
    assert again.key(given) is None


@pytest.mark.parametrize(
    ("file", "text"),
    [
        (OWN, "from datetime import date\n" + RULE.replace("not sold", "sold by {date.today()}")),
        ("models/marts/timed.yml", 'models: [{name: published, description: "{{ run_started_at.date() }}"}]\n'),
        ("models/marts/timed.sql", "{{ config(tags=[run_started_at.strftime('%A')]) }}\nselect 1 as id\n"),
    ],
    ids=["a rule", "YAML", "SQL"],
)
def test_what_reads_the_time_is_judged_each_time(branch: Shop, asked: list[str], file: str, text: str) -> None:
    branch.write(file, text)
    for _ in range(2):
        _found(branch)
    assert len(asked) == 2


@pytest.mark.parametrize(
    "text",
    [
        "import os",
        "import re, sys",
        "from pathlib import Path",
        "from . import helpers",
        "from dataclasses import sys",
        "from dataops.config import load",
        "x = open('notes.txt').read()",
        "x = __import__('time').time()",
        "x = getattr(re, 'enum')",
        "x = (1).__class__.__base__.__subclasses__()",
        "import enum\nx = enum.sys.argv",
        "x = hash('a')",
        "x = [",
    ],
)
def test_a_rule_that_may_read_something_else_is_not_remembered(fresh: Shop, text: str) -> None:
    fresh.write(OWN, "import re\nfrom typing import Any\n" + RULE)
    assert contained(fresh.root)
    fresh.write(OWN, RULE + text + "\n")
    assert not contained(fresh.root)
