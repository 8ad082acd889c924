"""What `ci` promises on every engine: a change is built apart, on production's rows, and nothing of it stays."""

from __future__ import annotations

import signal
from typing import Any

from tests.engines.conftest import Killed
from tests.engines.subject import Production


def test_a_change_is_built_apart(production: Production) -> None:
    there, rows, live = production.listed(), production.rows(), production.shop.live
    production.shop.publish(2)
    review = production.shop.ok("ci", "--keep", "--format", "json").json
    assert [each.split(".")[-1] for each in review["copied"]] == ["counted", "remembered"]
    assert _counted(review) == (1, 2), "the incremental model did not go on from production's rows"
    assert production.edition() == 1
    assert production.rows() == rows, "production was written to"
    with production.shop.project().entered():
        if production.subject.notices:
            assert production.engine().holds(live), "production was written to"
        assert production.engine().workspace.left()
    assert production.shop.ok("ci", "--clean").out == "Removed what earlier runs left.\n"
    assert production.listed() == there
    assert production.shop.ok("ci", "--clean").out == "Nothing was left.\n"


def test_killed_in_a_workspace(production: Production, killed: Killed) -> None:
    """What it left is not taken for what the next run builds, and goes with that."""
    there = production.listed()
    production.shop.publish(3)
    assert killed("built", production.shop.root, "ci") == -signal.SIGKILL
    assert production.edition() == 1
    production.shop.publish(2)
    review = production.shop.ok("ci", "--format", "json").json
    assert _counted(review) == (1, 2)
    assert production.edition() == 1
    assert production.listed() == there


def _counted(review: Any) -> tuple[int, int]:
    """The rows of the incremental model in production and in the workspace."""
    found = next(each for each in review["data"] if each["unique_id"] == "model.releases.counted")
    return found["before"]["rows"], found["after"]["rows"]
