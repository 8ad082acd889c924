"""What a node or a column is made from, and what is made from it."""

from __future__ import annotations

import pytest

from dataops.errors import SettingsError
from dataops.plan.lineage import Relation, trace
from tests.shop import Shop, refused
from tests.written import valid


def _relation(key: str, *reads: str, unclear: str | None = None, **columns: tuple[tuple[str, str], ...]) -> Relation:
    return Relation(
        key, key.rsplit(".", maxsplit=1)[-1], key.split(".", maxsplit=1)[0], f"{key}.sql", "", reads, columns, unclear
    )


#   raw → staged → mart → board (an exposure)
#              ↘ scored (Python) ↗
RELATIONS = (
    _relation("source.raw", id=(), Amount=(), note=()),
    _relation("model.staged", "source.raw", id=(("source.raw", "id"),), amount=(("source.raw", "Amount"),)),
    _relation("model.scored", "model.staged", unclear="it is written in python", score=()),
    _relation(
        "model.mart", "model.staged", "model.scored",
        id=(("model.staged", "id"),), total=(("model.staged", "amount"), ("model.scored", "score")),
    ),
    _relation("exposure.board", "model.mart"),
    _relation("exposure.other", "source.raw"),
)  # fmt: skip


def _told(name: str, column: str | None = None) -> tuple[list[str], list[str]]:
    found = trace(RELATIONS, name, column)
    up, down = (
        [" ".join([each.name, str(each.distance), *each.columns]) for each in side]
        for side in (found.upstream, found.downstream)
    )
    return up, down


def test_a_node_is_followed_both_ways_nearest_first() -> None:
    assert _told("staged") == (["raw 1"], ["mart 1", "scored 1", "board 2"])
    assert _told("board") == (["mart 1", "scored 2", "staged 2", "raw 3"], [])


def test_a_column_is_followed_whatever_its_case() -> None:
    assert _told("mart", "TOTAL") == (["scored 1 score", "staged 1 amount", "raw 2 Amount"], ["board 1"])
    assert _told("raw", "amount") == ([], ["other 1", "staged 1 amount", "mart 2 total", "board 3"])
    assert _told("raw", "note") == ([], ["other 1"])


def test_what_cannot_be_followed_is_told_where_it_may_matter() -> None:
    assert trace(RELATIONS, "raw", "note").unclear == {"model.scored": "it is written in python"}
    assert trace(RELATIONS, "other").unclear == {}


@pytest.mark.parametrize(
    ("name", "column", "said"),
    [("nobody", None, "no node `nobody`"), ("mart", "nothing", "mart has no column `nothing`")],
)
def test_what_is_not_there_is_an_error(name: str, column: str | None, said: str) -> None:
    with pytest.raises(SettingsError, match=said):
        trace(RELATIONS, name, column)


def test_two_of_a_name_are_told_apart_by_their_ids() -> None:
    twice = (*RELATIONS, _relation("seed.mart"))
    with pytest.raises(SettingsError, match=r"could be model\.mart, seed\.mart"):
        trace(twice, "mart")
    assert trace(twice, "seed.mart").kind == "seed"


def test_the_command_follows_the_live_release(shop: Shop) -> None:
    found = shop.ok("lineage", "fct_orders", "--column", "amount", "--format", "json").json
    valid("lineage", found)
    assert {each["name"]: each["columns"] for each in found["upstream"]} == {
        "stg_payments": ["amount"],
        "payments": ["amount_cents"],
    }
    assert [each["name"] for each in found["downstream"]] == ["sales_dashboard"]
    assert "sales_dashboard" in shop.ok("lineage", "fct_orders").out


def test_without_a_release_the_command_says_what_to_do(fresh: Shop) -> None:
    refused(fresh.run("lineage", "fct_orders"), "there is no release", "dataops deploy")


def test_a_node_s_results_are_listed_run_by_run(shop: Shop) -> None:
    found = shop.ok("history", "--node", "model.shop.fct_orders", "--format", "json").json
    assert [(each["command"], each["status"]) for each in found["results"]] == [("deploy", "success")]
    assert "success" in shop.ok("history", "--node", "fct_orders").out
    refused(shop.run("history", "--node", "nobody"), "no run of `nobody` is recorded", "unique id")
