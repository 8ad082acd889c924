"""Only findings that are new count; what was found before in the same text is not looked for again."""

from __future__ import annotations

import shutil
from importlib import invalidate_caches
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlfluff.core import FluffConfig, Linter

from dataops.lint import passes
from dataops.lint.cache import PLACE, Cache
from dataops.lint.earlier import doubtful, new
from dataops.lint.findings import Finding
from dataops.plan.untouched import Given
from dataops.review import again, gate
from dataops.review.again import Answers
from tests.shop import Shop
from tests.written import valid

OLD = "models/marts/fct_orders.sql"
STAGED = "models/staging/stg_orders.sql"


def _shout(shop: Shop, file: str = OLD) -> None:
    """Give a file a finding: a keyword in capitals."""
    shop.write(file, shop.read(file).replace("from {{", "FROM {{", 1))


@pytest.fixture
def branch(shop: Shop) -> Shop:
    """A branch of a shop whose main has a finding in two files."""
    _shout(shop)
    _shout(shop, STAGED)
    shop.commit("as it always was")
    shop.git("switch", "-qc", "change")
    return shop


def _found(shop: Shop, *words: str) -> tuple[int, set[tuple[str, int, str]], int]:
    ran = shop.run("lint", "--base", "main", "--format", "json", *words)
    document = ran.json
    return ran.code, {(each["file"], each["line"], each["rule"]) for each in document["findings"]}, document["known"]


def test_what_the_base_has_is_counted_and_not_shown(branch: Shop) -> None:
    text = branch.read(OLD)
    branch.write(
        OLD, "-- one line more\n" + text.replace("orders.status,", "orders.status,\n    orders.status AS again,")
    )
    line = branch.read(OLD).splitlines().index("    orders.status AS again,") + 1
    assert _found(branch) == (1, {(OLD, line, "CP01")}, 1)
    branch.write(OLD, "-- one line more\n" + text)
    assert _found(branch) == (0, set(), 1)
    assert "no new findings, 1 that the base has too" in branch.ok("lint", "--base", "main").out
    review = branch.ok("ci", "--base", "main", "--format", "json").json
    assert review["lint"]["known"] == 1
    valid("review", review)
    everything = branch.run("lint", "--all")
    assert everything.code == 1
    assert everything.out.count("CP01") == 2


def test_a_file_that_moves_takes_its_findings_along(branch: Shop) -> None:
    branch.git("mv", STAGED, "models/marts/stg_orders.sql")
    branch.write("models/marts/stg_orders.sql", branch.read("models/marts/stg_orders.sql") + "-- more\n")
    branch.commit("moved")
    assert _found(branch) == (0, set(), 1)
    branch.write("models/marts/another.sql", branch.read("models/marts/stg_orders.sql"))
    code, found, known = _found(branch)
    assert (code, {each[0] for each in found}, known) == (1, {"models/marts/another.sql"}, 1)


def test_the_live_release_is_a_base_too(shop: Shop) -> None:
    _shout(shop)
    shop.commit("as it always was")
    shop.ok("deploy")
    shop.write(OLD, shop.read(OLD) + "-- more\n")
    assert "no new findings, 1 that the base has too" in shop.ok("lint").out


def test_where_the_earlier_text_cannot_be_compiled_every_finding_counts(branch: Shop) -> None:
    branch.git("switch", "-q", "main")
    branch.write(OLD, branch.read(OLD).replace("select", "{% set old = ref('stg_payments') %}\nselect", 1))
    branch.write(STAGED, branch.read(STAGED) + "-- {{ gone() }}\n")
    branch.write("macros/gone.sql", "{% macro gone() %}{% endmacro %}\n")
    branch.commit("a macro")
    branch.git("switch", "-qC", "change")
    branch.remove("macros/gone.sql")
    branch.write(STAGED, branch.read(STAGED).replace("-- {{ gone() }}\n", ""))
    code, found, known = _found(branch)
    assert (code, {each[0] for each in found}, known) == (1, {STAGED}, 0)


def test_nothing_is_linted_twice(branch: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[str] = []
    really = passes.found

    def watched(rendered: Any, *codes: Any) -> Any:
        asked.append(rendered.fname)
        return really(rendered, *codes)

    monkeypatch.setattr(passes, "found", watched)
    monkeypatch.setattr(Answers, "recall", lambda *_: None)
    branch.write("dataops.yml", f"state: {tmp_path / 'state'}\n")
    (tmp_path / "state").mkdir()
    branch.write(OLD, branch.read(OLD) + "-- more\n")
    first = _found(branch)
    assert asked == [OLD, OLD]  # as it is, and as it was
    assert _found(branch) == first
    assert len(asked) == 2
    # In another checkout the shared findings are there; a damaged file of them is an empty one.
    branch.remove(str(PLACE))
    assert _found(branch) == first
    assert len(asked) == 2
    branch.write(str(PLACE), "[")
    (tmp_path / "state" / "lint" / "findings.json").write_text("{", encoding="utf-8")
    assert _found(branch) == first
    assert len(asked) == 4
    # Other settings, other findings. sqlfluff reads its settings once in a process.
    branch.edit(".sqlfluff", "dialect = duckdb", "dialect = duckdb\nexclude_rules = CP01")
    assert "no findings" in branch.command("lint", "--base", "main").out


def test_the_base_is_asked_for_the_rules_that_matter_and_they_are_not_taken_for_all(
    branch: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[str, ...]] = []
    really = passes.found

    def watched(rendered: Any, *codes: Any) -> Any:
        asked.append(tuple(sorted(*codes)) if codes else ("all",))
        return really(rendered, *codes)

    monkeypatch.setattr(passes, "found", watched)
    monkeypatch.setattr(Answers, "recall", lambda *_: None)
    branch.git("switch", "-q", "main")
    branch.write(OLD, branch.read(OLD).replace("select\n", "select  \n", 1).replace(",\n", " ,\n"))
    branch.commit("more of it")
    branch.git("switch", "-qC", "change")
    old = branch.read(OLD)
    branch.write(OLD, old.replace("FROM", "from", 1) + "-- more\n")
    first = _found(branch)
    assert first[0] == 0
    assert asked == [("all",), ("LT01",)]
    # Another rule's findings may be known, too: of the base only these are looked for.
    branch.write(OLD, old + "-- more\n")
    assert _found(branch) == (0, set(), first[2] + 1)
    assert asked[2:] == [("all",), ("CP01",)]
    branch.write(OLD, old + "-- even more\n")
    assert _found(branch) == (0, set(), first[2] + 1)
    assert asked[4:] == [("all",)]
    # What is known of single rules is not all that there is to find.
    branch.git("checkout", "-q", "--", OLD)
    everything = branch.run("lint", "--all", "--format", "json").json["findings"]
    assert asked[5] == ("all",)
    assert {each["rule"] for each in everything if each["file"] == OLD} == {"CP01", "LT01"}
    # And where all is known, nobody is asked for a part.
    branch.remove(str(PLACE))
    branch.run("lint", "--base", "main~1")
    asked.clear()
    branch.write(OLD, old + "-- more\n")
    assert _found(branch) == (0, set(), first[2] + 1)
    assert asked == [("all",)]


def test_a_file_that_sqlfluff_stumbles_over_costs_no_other_its_lint(
    branch: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    really = passes.found

    def stumbling(rendered: Any, *codes: Any) -> Any:
        if rendered.fname == OLD:
            raise ValueError("nobody thought of that")
        return really(rendered, *codes)

    monkeypatch.setattr(passes, "found", stumbling)
    for file in (OLD, STAGED):
        branch.write(file, branch.read(file) + "-- more\n")
    out = branch.ok("lint", "--base", "main").out
    assert f"not linted {OLD}: sqlfluff fails on it: ValueError: nobody thought of that" in out
    assert "Linted 1 of 2 files: no new findings, 1 that the base has too" in out


def test_of_equal_lines_as_many_are_new_as_there_are_more_of_them() -> None:
    text = "from a\nfrom a\nfrom a"
    three = [Finding("a.sql", line, 1, "CP01", "bad", False) for line in (1, 2, 3)]
    assert new(three, text, three[:1], "from a") == tuple(three[1:])
    assert new(three, text, three[:2], "from a\n\tfrom a") == tuple(three[2:])


LINES = st.lists(st.sampled_from(["select a", " from b", "where c", ""]), min_size=1, max_size=6)


@st.composite
def _text(draw: st.DrawFn) -> tuple[str, list[Finding]]:
    lines = draw(LINES)
    where = draw(st.lists(st.integers(1, len(lines)), max_size=6))
    return "\n".join(lines), [Finding("a.sql", line, 1, "CP01", "bad", False) for line in sorted(where)]


@given(_text(), _text())
def test_never_more_is_known_than_was_there(now: tuple[str, list[Finding]], before: tuple[str, list[Finding]]) -> None:
    fresh = new(now[1], now[0], before[1], before[0])
    assert len(now[1]) - len(fresh) <= len(before[1])
    assert new(now[1], now[0], now[1], now[0]) == ()
    assert doubtful(now[1], now[0], before[0]) or fresh == tuple(now[1])
    assert new(now[1], now[0], (), before[0]) == tuple(now[1])


# -- fixes ----------------------------------------------------------------------------------------------------------


def test_a_fix_that_may_change_the_data_is_not_made_and_the_others_are(shop: Shop) -> None:
    """ST06 moves simple columns before computed ones: other columns, for whoever reads them by their place."""
    shop.write(
        "models/marts/published.sql", "SELECT 1 + 1 as edition, customer_id as x from {{ ref('dim_customers') }}\n"
    )
    ran = shop.run("lint", "--fix")
    text = shop.read("models/marts/published.sql")
    assert text.index("edition") < text.index("customer_id")
    assert "not fixed models/marts/published.sql: nothing proves that the fix of ST06" in ran.out.replace("\n", " ")
    assert "fixed models/marts/published.sql" in ran.out
    assert "CP01" not in ran.out
    assert ran.code == 1


def test_a_fixed_file_builds_nothing(shop: Shop) -> None:
    _shout(shop)
    shop.commit("as it always was")
    shop.ok("deploy")
    shop.write(OLD, "-- fixed\r\n".replace("\r\n", "\n") + shop.read(OLD))
    shop.ok("lint", "--fix")
    assert "FROM" not in shop.read(OLD)
    plan = shop.plan()
    assert [each["cosmetic"] for each in plan["changes"]] == [True]
    assert plan["run"] == []


def test_ends_of_lines_and_rights_stay(shop: Shop) -> None:
    place = shop.root / OLD
    place.write_bytes(shop.read(OLD).replace("from {{", "FROM {{", 1).replace("\n", "\r\n").encode())
    place.chmod(0o640)
    shop.run("lint", "--fix")
    assert b"FROM" not in place.read_bytes()
    assert place.read_bytes().count(b"\r\n") == place.read_bytes().count(b"\n")
    assert place.stat().st_mode & 0o777 == 0o640


# -- once more ------------------------------------------------------------------------------------------------------


def _install(shop: Shop) -> None:
    shop.write("dbt_packages/acme/dbt_project.yml", "name: acme\nversion: 1.0.0\n")


def _settle(shop: Shop) -> None:
    shop.edit(".sqlfluff", "dialect = duckdb", "dialect = duckdb\nmax_line_length = 90")


MOVES = {
    "the model": lambda shop: shop.edit(OLD, "-- more", "-- less"),
    "another model": lambda shop: shop.write("models/marts/later.sql", "select 1 as one\n"),
    "a macro": lambda shop: shop.edit("macros/cents_to_euros.sql", "100", "1000"),
    "a variable": lambda shop: shop.write("vars.yml", "vars: {digits: 3}\n"),
    "lint's settings": _settle,
    "lint's settings of a folder": lambda shop: shop.write(
        "models/marts/.sqlfluff", "[sqlfluff]\nexclude_rules = CP01\n"
    ),
    "the profile": lambda shop: shop.edit("profiles/profiles.yml", "threads: ", "threads: 1"),
    "a package": _install,
}


def test_where_nothing_has_moved_dbt_is_not_asked_again(branch: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []
    really = gate.drawn
    monkeypatch.setattr(gate, "drawn", lambda *words, **more: drawn.append("") or really(*words, **more))
    branch.write(OLD, branch.read(OLD) + "-- more\n")
    first = _found(branch)
    for _ in range(2):
        assert _found(branch) == first
    assert len(drawn) == 1
    monkeypatch.setenv("TERM", "another terminal")
    assert _found(branch) == first
    assert len(drawn) == 1
    monkeypatch.setenv("SOME_SETTING", "another value")
    assert _found(branch) == first
    assert _found(branch, "--vars", "{digits: 4}") == first
    branch.commit("more")
    assert _found(branch) == first
    assert len(drawn) == 4
    branch.write("target/dataops/lint-again.json", "[]")
    assert _found(branch) == first
    assert len(drawn) == 5


@pytest.mark.parametrize("moved", MOVES)
def test_what_moves_is_another_answer(branch: Shop, moved: str, monkeypatch: pytest.MonkeyPatch) -> None:
    branch.write(OLD, branch.read(OLD) + "-- more\n")
    monkeypatch.chdir(branch.root)
    asked = Given(branch.root, {"profiles_dir": None}, "main", None)
    before = again.key(asked)
    assert before is not None
    assert again.key(asked) == before
    MOVES[moved](branch)
    assert again.key(asked) != before


def test_another_parser_may_find_something_else(branch: Shop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """sqlfluff's parser in Rust is used once it is there, of which no setting tells."""
    about = tmp_path / "sqlfluffrs-4.4.0.dist-info" / "METADATA"
    config = FluffConfig(overrides={"dialect": "duckdb", "templater": "raw"})
    rendered = Linter(config=config).render_string("select 1", "a.sql", config, "utf-8")
    monkeypatch.chdir(branch.root)
    asked = Given(branch.root, {"profiles_dir": None}, "main", None)

    def keys() -> tuple[str, str | None]:
        invalidate_caches()
        return Cache(branch.root, ".dataops/state").key(rendered), again.key(asked)

    seen = [keys()]
    monkeypatch.syspath_prepend(tmp_path)
    assert keys() == seen[0]
    for number in ("4.4.0", "4.4.1"):
        about.parent.mkdir(exist_ok=True)
        about.write_text(f"Metadata-Version: 2.1\nName: sqlfluffrs\nVersion: {number}\n", encoding="utf-8")
        (tmp_path / "sqlfluffrs.py").write_text("", encoding="utf-8")
        seen.append(keys())
    assert None not in seen[0]
    assert [len(set(each)) for each in zip(*seen, strict=True)] == [3, 3]
    shutil.rmtree(about.parent)
    assert keys()[0] not in {each for each, _ in seen}


def test_what_asks_the_warehouse_is_linted_each_time(branch: Shop) -> None:
    counted = "{% set found = run_query('select 1') %}\n"
    branch.write(OLD, counted + branch.read(OLD))
    _found(branch)
    assert not (branch.root / "target/dataops/lint-again.json").exists()
