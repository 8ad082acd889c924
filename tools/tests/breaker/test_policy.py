"""Which failures alert and which pause, and what a pause holds."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from dataops.breaker import policy
from dataops.breaker.holding import free, held, holds
from dataops.breaker.pauses import Hold, Pause, Standing
from dataops.breaker.policy import About, react
from dataops.config import Reaction, load
from dataops.errors import SettingsError
from dataops.output import documents, markdown
from dataops.plan.plan import Plan
from dataops.project.graph import Graph
from dataops.project.outcome import NodeResult, Outcome
from dataops.review.verdict import untouched_review
from tests.written import valid

ORDERS, STAGED, MART = "source.s.app.orders", "model.s.stg_orders", "model.s.fct_orders"
ABOUT = {
    STAGED: About("stg_orders", "models/staging/stg_orders.sql", ("nightly",)),
    MART: About("fct_orders", "models/marts/fct_orders.sql", ()),
}


def _result(uid: str, status: str = "fail", message: str = "Got 1 result") -> NodeResult:
    kind, _, name, *_ = uid.split(".")
    return NodeResult(uid, name, kind, status, message, 0.1, 1, "models/a.yml")


def _action(rules: list[Reaction], result: NodeResult, *nodes: str) -> str | None:
    found = react(rules, Outcome((result,), 1.0), {result.unique_id: nodes}, ABOUT)
    return found[0].action if found else None


TEST = _result("test.s.volume_anomalies_orders.abc")


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (Reaction("pause"), "pause"),
        (Reaction("pause", tests="volume_*"), "pause"),
        (Reaction("pause", tests="unique_*"), "alert"),
        (Reaction("pause", models="tag:nightly"), "pause"),
        (Reaction("pause", models="tag:weekly"), "alert"),
        (Reaction("pause", models="path:models/staging"), "pause"),
        (Reaction("pause", models="path:models/marts"), "alert"),
        (Reaction("pause", models="stg_*"), "pause"),
        (Reaction("pause", severity="warn"), "alert"),
        (Reaction("pause", tests="build"), "alert"),
    ],
)
def test_a_rule_chooses_by_test_and_by_node(rule: Reaction, expected: str) -> None:
    assert _action([rule], TEST, STAGED) == expected


def test_the_first_rule_that_speaks_of_a_failure_decides() -> None:
    wide = Reaction("pause")
    assert _action([Reaction("alert", tests="volume_*"), wide], TEST, STAGED) == "alert"
    assert _action([Reaction("alert", tests="unique_*"), wide], TEST, STAGED) == "pause"
    assert _action([], TEST, STAGED) == "alert"


def test_what_is_no_fault_of_data_pauses_nothing() -> None:
    wide = [Reaction("pause")]
    assert _action(wide, _result("unit_test.s.fct_orders.costs"), STAGED) == "alert"
    assert _action(wide, _result(STAGED, "error", "syntax error at or near select"), STAGED) is None
    assert _action(wide, _result(STAGED, "error", "Conversion Error: 'x' is no number"), STAGED) == "pause"
    assert _action(wide, _result("test.s.a.b", "warn"), STAGED) is None
    assert _action([Reaction("pause", severity="warn")], _result("test.s.a.b", "warn"), STAGED) == "pause"
    # A singular test that reads nothing says nothing of any node.
    assert _action(wide, TEST) == "alert"


def test_a_rule_that_cannot_be_meant() -> None:
    with pytest.raises(SettingsError, match=r"dataops.yml: breaker.rules\[1\]"):
        policy.check([Reaction("pause"), Reaction(resume_after=2)])


@pytest.mark.parametrize("rule", ["action: stop", "severity: fatal", "resume_after: -1"])
def test_a_rule_that_is_none(rule: str, tmp_path: Path) -> None:
    (tmp_path / "dataops.yml").write_text(f"breaker: {{rules: [{{}}, {{{rule}}}]}}\n", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"dataops.yml:1: `breaker.rules\[1\]"):
        load(tmp_path)


def _graph() -> Graph:
    parents = {
        STAGED: (ORDERS,),
        "model.s.stg_people": (),
        MART: (STAGED,),
        "exposure.s.board": (MART,),
        "test.s.of_orders.1": (STAGED,),
        "test.s.of_mart.1": (MART,),
        "test.s.orders_have_people.1": (STAGED, "model.s.stg_people"),
        "test.s.of_people.1": ("model.s.stg_people",),
    }
    children: dict[str, tuple[str, ...]] = {}
    for child, above in parents.items():
        for parent in above:
            children[parent] = (*children.get(parent, ()), child)
    runnable = frozenset(uid for uid in parents if not uid.startswith("exposure"))
    return Graph(children, parents, runnable, frozenset(), frozenset({"exposure.s.board"}))


def _pause(node: str) -> Pause:
    return Pause("1", node, "2026-01-02T03:04:05.000000Z", "2026-01-02T03:04:05.000000Z", "me", "why|so")


@pytest.mark.parametrize("node", [STAGED, ORDERS])
def test_a_pause_holds_what_reads_its_node(node: str) -> None:
    """Of a source as well. A test between what is held and what is not has to pass on what is released together."""
    kept = held(holds(Standing((_pause(node),)), _graph()))
    assert {STAGED, MART, "exposure.s.board", "test.s.orders_have_people.1"} <= kept
    assert free(_graph(), kept) - {"test.s.of_orders.1"} == {
        "model.s.stg_people",
        "test.s.of_people.1",
        "test.s.orders_have_people.1",
    }


def test_what_left_the_project_holds_nothing_and_the_unknown_everything() -> None:
    assert held(holds(Standing((_pause("model.s.gone"),)), _graph())) == frozenset()
    everything = held(holds(Standing((_pause(""),)), _graph()))
    assert free(_graph(), everything) == set()


def test_a_review_says_what_is_paused() -> None:
    plan = Plan("release", "r1", (), (), (), (), None, False)
    review = replace(untouched_review(plan), paused=(Hold(_pause(MART), 0, (MART,)),))
    page = markdown.review(review)
    assert "### Paused in production" in page
    assert "fct_orders is paused in production since 2026-01-02 03:04 UTC" in page
    document = json.loads(documents.text(documents.review(review)))
    valid("review", document)
    assert [(each["node"], each["check"]) for each in document["paused"]] == [(MART, None)]
