"""What `deploy` and `rollback` do on a PostgreSQL server besides what they promise on every engine."""

from __future__ import annotations

import pytest

from tests.engines.subject import LIVE, Production
from tests.shop import copied, refused

pytestmark = pytest.mark.parametrize("subject", ["postgres"], indirect=True)


def test_who_was_killed_before_the_states_pointer_moved_is_settled_by_whoever_comes(production: Production) -> None:
    first, second, state = production.shop.live, production.deploy(2), production.state()
    state.point(first)
    state.announce(second)
    assert production.shop.plan()["base"]["name"] == second, "a plan compares with what is live"
    assert not state.announced()
    state.point(first)
    production.shop.ok("rollback")
    assert production.shop.live == first, "rolled back from what was live, and not from what the state said"


def test_two_states_of_one_production_are_told(production: Production) -> None:
    other = copied(production.shop, production.shop.top.parent / "other")
    other.publish(2)
    other.ok("deploy")
    refused(production.shop.run("rollback"), "made with another state", "share")
    assert production.edition() == 2


def test_a_model_whose_schema_changes_is_released_there(production: Production) -> None:
    """What it was in the other schema stays, as whatever is no longer the project's does."""
    production.shop.edit("models/marts/counted.sql", "config(", "config(schema='Facts', ")
    production.deploy(2)
    assert production.query('select edition from "Facts".counted') == [(2,)]
    assert production.query(f"select edition from {LIVE}.counted") == [(1,)]
    production.shop.ok("rollback")
    assert production.query("select to_regclass('\"Facts\".counted')") == [(None,)]
