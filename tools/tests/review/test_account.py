"""The verdict says *Ready* of what was planned, ran and passed, and of nothing else, in every form that it takes."""

from __future__ import annotations

import itertools
import json
from xml.etree import ElementTree

import pytest

from dataops.lint.findings import Linted
from dataops.output import documents, junit, markdown, remarks
from dataops.plan.plan import Decision, Plan
from dataops.project import statuses
from dataops.project.outcome import Account, NodeResult, Outcome
from dataops.review.verdict import Built, Review
from tests.written import valid

MODEL, TEST, UNIT, HOOK = "model.shop.a", "test.shop.t", "unit_test.shop.a.u", "operation.shop.shop-on-run-end-0"
EXPOSURE = "exposure.shop.board"
WORDS = (*statuses.KNOWN, "a word of tomorrow")
GOOD = {"success", "pass", "warn"}
"""Written out here once more, so that a change of the list is seen."""


def _result(unique_id: str, status: str) -> NodeResult:
    kind, _, name = unique_id.split(".", 2)
    return NodeResult(unique_id, name, kind, status, "", 1.0, None, f"models/{name}.sql")


def _review(planned: tuple[str, ...], results: tuple[NodeResult, ...], **more: object) -> Review:
    run = tuple(Decision(each, "modified: sql") for each in planned)
    plan = Plan("release", "r", (), run, (), (), None, False, **more)  # type: ignore[arg-type]
    return Review(plan, Linted((), ()), True, Built(Outcome(results, 1.0), (), ()), ())


def _all_say(review: Review, ready: bool) -> None:
    """Every rendering says the same, and one that counts errors has one where the change is not ready."""
    assert (review.exit_code == 0) is ready, review.verdict
    assert review.verdict.startswith("Ready: " if ready else "Not ready: ")
    document = documents.review(review)
    valid("review", document)
    assert (document["exit_code"], document["verdict"]) == (review.exit_code, review.verdict)
    assert markdown.review(review).startswith(f"## {'✅' if ready else '❌'} {review.verdict}")
    suites = ElementTree.fromstring(junit.review(review)).findall("testsuite")
    assert (sum(int(each.get(word, "0")) for each in suites for word in ("errors", "failures")) == 0) is ready
    assert remarks.sarif(review)["runs"][0]["properties"]["verdict"] == review.verdict
    assert any(each.level == "error" for each in remarks.remarks(review)) is not ready
    entries = json.loads(remarks.code_quality(review))
    assert any(each["severity"] == "critical" for each in entries) is not ready


@pytest.mark.parametrize("model", [None, *WORDS])
def test_ready_needs_a_passing_result_for_everything_planned(model: str | None) -> None:
    for test, unit, hook in itertools.product((None, *WORDS), (None, "pass", "fail"), ("success", "error", "skipped")):
        found = {MODEL: model, TEST: test, UNIT: unit}
        results = tuple(_result(uid, status) for uid, status in found.items() if status is not None)
        review = _review((MODEL, TEST, UNIT), (*results, _result(HOOK, hook), _result(EXPOSURE, "no-op")))
        ready = {model, test, unit} <= GOOD and hook == "success"
        assert ((review.exit_code == 0), review.verdict.startswith("Ready: ")) == (ready, ready), review.verdict
        if test in (None, "pass", "skipped") and (unit, hook) == ("pass", "success"):
            _all_say(review, ready)


@pytest.mark.parametrize("status", WORDS)
def test_what_ran_without_being_planned_is_not_passed_over(status: str) -> None:
    _all_say(_review((MODEL,), (_result(MODEL, "success"), _result(TEST, status))), ready=False)


def test_each_way_not_to_run_has_its_own_words() -> None:
    results = (
        _result("model.shop.b", "error"),
        _result("model.shop.c", "partial success"),
        _result("test.shop.d", "error"),
        _result("test.shop.e", "fail"),
        _result("unit_test.shop.b.f", "fail"),
        _result("model.shop.g", "skipped"),
        _result("model.shop.h", "no-op"),
        _result("model.shop.i", "success"),
        _result(HOOK, "error"),
    )
    account = Account(frozenset(each.unique_id for each in results[:7]) | {"model.shop.j"}, results)
    assert account.problems == (
        "1 node could not be built",
        "1 node could be built only in part",
        "1 test could not run",
        "1 hook failed",
        "2 tests failed",
        "1 node was skipped",
        "1 node was planned and did not run",
        "dbt did nothing for 1 planned node",
        "1 node ran without being planned",
    )


def test_a_sentence_says_no_more_than_what_ran() -> None:
    built, tested, warned = _result(MODEL, "success"), _result(TEST, "pass"), _result(TEST, "warn")
    everything = "Ready: everything that this change reaches was built"
    assert _review((MODEL, TEST), (built, tested)).verdict == f"{everything} and passed its tests"
    assert _review((MODEL, TEST), (built, warned)).verdict == f"{everything} and passed its tests; 1 test warned"
    assert _review((MODEL,), (built,)).verdict == f"{everything}, and no test had to run"
    only = "Ready: every test that this change reaches passed; nothing had to be built"
    assert _review((TEST,), (tested,)).verdict == only


def test_what_dbt_does_nothing_for_is_known() -> None:
    """An ephemeral model has no result of its own; a change that adds or empties a file has to say what it is for."""
    inlined = _review((MODEL,), (), inlined=(MODEL,))
    assert (
        inlined.verdict == "Ready: nothing had to be built or tested: what changed is ephemeral, and nothing reads it"
    )
    _all_say(inlined, ready=True)
    emptied = _review((), (), empty=(MODEL,))
    assert emptied.verdict == "Not ready: 1 changed file is empty"
    _all_say(emptied, ready=False)
