"""`kill -9` at every step of a deploy: production is the old release or the new one, whole, and state says which."""

from __future__ import annotations

import signal

import pytest

from tests.engines.conftest import Killed
from tests.engines.kill import ALIKE, POINTS
from tests.engines.subject import RELATIONS, Production
from tests.engines.subjects import STARTED, SUBJECTS

STEPS = [
    pytest.param(name, point, published, id=f"{name}-{point}")
    for name in STARTED
    for point, published in {**POINTS, **SUBJECTS[name].points}.items()
]


@pytest.mark.parametrize(("subject", "point", "published"), STEPS, indirect=["subject"])
def test_killed_while_deploying(production: Production, point: str, published: bool, killed: Killed) -> None:
    shop, first = production.shop, production.shop.live
    shop.publish(2)
    assert killed(point, shop.root) == -signal.SIGKILL

    # At once, before anything could tidy up: a reader of production sees one whole release.
    assert production.editions() <= production.subject.meanwhile.get(point, {2 if published else 1})

    # Any command settles the state, so that the plan compares with what is really live.
    plan = shop.plan()
    assert (shop.live != first) == published
    assert {change["unique_id"] for change in plan["changes"]} == (set() if published else {"model.releases.published"})

    if point in ALIKE:
        return

    # The next deploy works, and so does going back to what it replaced.
    production.deploy(3)
    assert production.edition() == 3
    shop.ok("rollback")
    assert production.edition() == (2 if published else 1)


@pytest.mark.parametrize(
    ("subject", "point", "published"),
    [
        pytest.param(name, point, published, id=f"{name}-{point}")
        for name in STARTED
        for point, published in {"recorded": False, "pointed": True}.items()
    ],
    indirect=["subject"],
)
def test_killed_while_deploying_around_a_pause(
    production: Production, point: str, published: bool, killed: Killed
) -> None:
    """Nothing is half released: what is held shows the last good release before and after, and stays paused."""
    shop = production.shop
    shop.ok("pause", "printed", "--reason", "misprints")
    shop.publish(2)
    assert killed(point, shop.root) == -signal.SIGKILL
    held = f"select edition from {RELATIONS['printed']} union select edition from {RELATIONS['bound']}"
    for command in ("plan", "status"):
        assert production.published() == (2 if published else 1)
        assert production.query(held) == [(1,)]
        told = shop.run(command).out
    assert "PAUSED printed: misprints" in told
    assert shop.run("deploy").code == 1
    assert production.published() == 2
    assert production.query(held) == [(1,)]
