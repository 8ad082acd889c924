"""Renderings of results that a small shop does not have: long, odd, hostile."""

from __future__ import annotations

import io
from dataclasses import replace
from xml.etree import ElementTree

from rich.console import Console

from dataops.lint.findings import Check, Finding, Linted
from dataops.output import documents, junit, markdown, terminal
from dataops.output.words import columns_changed, counted, plural, rows_changed
from dataops.plan.plan import Decision, Plan
from dataops.project.difference import Change
from dataops.project.outcome import NodeResult, Outcome, Shape
from dataops.review.verdict import Built, Compared, Intended, Review, Ruling

HOSTILE = "a | b\n[bold]c[/bold] <script> `d` \x00\x1b[31m ünï"


def _result(name: str, status: str, kind: str = "model", message: str = "") -> NodeResult:
    return NodeResult(f"{kind}.shop.{name}", name, kind, status, message, 1.0, None, f"models/{name}.sql")


def _plan(*names: str) -> Plan:
    changes = tuple(Change(name, "modified", ("sql",), f"models/{name}.sql") for name in names)
    return Plan("release", "r", changes, tuple(Decision(name, "modified: sql") for name in names), (), (), None, False)


def _review(*results: NodeResult, linted: Linted | None = None, blocks: bool = True) -> Review:
    """The review of a change whose plan is what has a result."""
    built = Built(Outcome(results, 1.0), (), ())
    return Review(
        _plan(*(each.unique_id for each in results)), linted or Linted((), ()), blocks, built, (("build", 1.0),)
    )


def _text(render: object, *values: object) -> str:
    stream = io.StringIO()
    assert callable(render)
    render(Console(file=stream, width=160), *values)
    return stream.getvalue()


def test_a_review_fits_a_comment_however_large() -> None:
    message = "x" * 5000
    review = _review(*(_result(f"m{number:05}", "error", message=message) for number in range(3000)))
    text = markdown.review(review)
    assert len(text) <= 65_536
    assert text.startswith("## ❌ Not ready: 3,000 nodes could not be built")
    assert "… and 2,960 more, all in `review.json`" in text
    assert len(documents.review(review)["results"]) == 3000


def test_long_names_are_cut() -> None:
    names = [f"{'long' * 200}{number}" for number in range(40)]
    review = _review(*(_result(name, "error", message="x") for name in names))
    text = markdown.review(review)
    assert len(text) <= 65_536
    assert "long …`" in text
    assert len(_text(terminal.review, review)) > 0


def test_tables_hold_whatever_is_put_in_them() -> None:
    text = markdown.review(_review(_result("m", "fail", "test", HOSTILE)))
    row = next(line for line in text.splitlines() if "a &#124; b" in line)
    assert row.count(" | ") == 3
    assert "[bold]c[/bold]" in _text(terminal.review, _review(_result("m", "fail", "test", HOSTILE)))


def test_junit_is_xml_whatever_is_put_in_it() -> None:
    finding = Finding("a<b>.sql", 1, 2, "CP01", HOSTILE, False)
    warning = Finding("a<b>.sql", 1, 2, "CP02", "only a warning", True)
    linted = Linted(("a<b>.sql", "b.sql"), (finding, warning), (("b.sql", "gone"),))
    review = _review(_result("m", "error", message=HOSTILE), _result("n", "skipped"), linted=linted)
    root = ElementTree.fromstring(junit.review(review))
    build, lint = root.findall("testsuite")
    assert {key: build.get(key) for key in ("tests", "failures", "errors", "skipped")} == {
        "tests": "2",
        "failures": "0",
        "errors": "1",
        "skipped": "1",
    }
    assert "ünï" in str(build.find("testcase/error").get("message"))  # type: ignore[union-attr]
    assert (lint.get("failures"), len(lint.findall("testcase/failure"))) == ("1", 1)


def test_verdicts() -> None:
    ok, failed = _result("a", "success"), _result("t", "fail", "test")
    finding = Finding("a.sql", 1, 1, "CP01", "x", False)
    warning = Finding("a.sql", 1, 1, "CP01", "x", True)
    syntax = _result("b", "error", message="Parser Error: syntax error at or near selec")
    table = [
        (_review(ok), 0, "Ready: everything"),
        (_review(ok, failed), 1, "Not ready: 1 test failed"),
        (
            _review(ok, _result("b", "error"), _result("c", "error"), failed),
            1,
            "2 nodes could not be built, 1 test failed",
        ),
        (_review(syntax), 2, "Not ready: 1 node could not be built"),
        (_review(ok, linted=Linted(("a.sql",), (finding,))), 1, "Not ready: 1 lint finding"),
        (_review(ok, linted=Linted(("a.sql",), (finding,)), blocks=False), 0, "Ready"),
        (_review(ok, linted=Linted(("a.sql",), (warning,))), 0, "Ready"),
        (
            _review(_result("t", "warn", "test")),
            0,
            "Ready: every test that this change reaches passed; nothing had to be",
        ),
        (_review(_result("t", "partial success")), 1, "Not ready: 1 node could be built only in part"),
        (Review(_plan(), Linted((), ()), True, None, ()), 0, "Ready: nothing that production builds is changed"),
    ]
    for review, code, words in table:
        assert (review.exit_code, words in review.verdict) == (code, True), review.verdict


def test_rules_decide() -> None:
    ok = _review(_result("a", "success"), _result("t", "pass", "test"))
    meant = Intended("model.shop.a", (), "on purpose", "2026-12-31", "x.yml", 1)
    broken = Ruling("r", "model.shop.a", "", "m", True)
    table = [
        ((Ruling("r", "model.shop.a", "", "m", False),), 0, "passed its tests"),
        ((broken,), 1, "Not ready: 1 rule on the data is broken"),
        ((broken, replace(broken, rule="s")), 1, "Not ready: 2 rules on the data are broken"),
        ((replace(broken, blocking=False),), 0, "passed its tests"),
        ((replace(broken, intended=meant),), 0, "passed its tests; 1 broken rule acknowledged"),
        ((replace(broken, intended=meant), broken), 1, "Not ready: 1 rule on the data is broken"),
    ]
    for rulings, code, words in table:
        review = replace(ok, rulings=rulings)
        assert review.exit_code == code
        assert review.verdict.endswith(words)
    unreadable = _review(_result("b", "error", message="Parser Error: syntax error at or near selec"))
    assert replace(unreadable, rulings=(broken,)).exit_code == 2


def test_words() -> None:
    assert plural(1, "model") == "1 model"
    assert plural(2, "unit_test") == "2 unit tests"
    assert plural(1, "unit_test") == "1 unit test"
    assert plural(1200, "analysis") == "1,200 analyses"
    assert counted([]) == "nothing"
    assert counted(["test.shop.a", "model.shop.b", "model.shop.c"]) == "2 models, 1 test"


def test_shapes_in_words() -> None:
    def compared(before: Shape | None, after: Shape | None) -> Compared:
        return Compared("model.shop.m", "m", before, after)

    small, large = Shape(1, {"a": "INT", "b": "INT"}), Shape(3000, {"a": "INT", "b": "INT"})
    assert rows_changed(compared(small, large)) == "1 → 3,000 (+2,999)"
    assert rows_changed(compared(large, small)) == "3,000 → 1 (−2,999)"
    assert rows_changed(compared(None, small)) == "new: 1"
    assert rows_changed(compared(small, None)) == "–"
    assert rows_changed(compared(small, small)) == "1"
    assert columns_changed(compared(small, Shape(1, {"b": "INT", "a": "INT"}))) == "columns reordered"
    assert columns_changed(compared(small, Shape(1, {"a": "TEXT", "c": "INT"}))) == "+c, −b, a: INT → TEXT"
    assert columns_changed(compared(None, small)) == "2 columns"
    assert columns_changed(compared(small, None)) == ""


def test_a_long_plan_in_a_terminal_is_cut() -> None:
    text = _text(terminal.plan, _plan(*(f"model.shop.m{number:05}" for number in range(500))))
    assert text.count("… and 470 more (--format json has all)") == 2
    assert text.count("\n") < 80


def test_checks_name_the_remedy() -> None:
    text = _text(
        terminal.checks, [Check("state", "broken", "it [red]is[/] damaged", "mend it"), Check("git", "ok", "x")]
    )
    assert "broken state           it [red]is[/] damaged" in text
    assert "→ mend it" in text
