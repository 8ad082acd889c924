"""`kill -9` at every step of a deploy: production is the old release or the new one, whole, and state says which."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.engines.kill import POINTS
from tests.engines.subject import RELATIONS, SUBJECTS, Production, Subject

TOOLS = Path(__file__).parents[2]

Deploy = Callable[[str, Path], int]

STEPS = [
    pytest.param(name, point, published, id=f"{name}-{point}")
    for name, subject in sorted(SUBJECTS.items())
    for point, published in {**POINTS, **subject.points}.items()
]


@pytest.fixture(scope="module")
def deploy_and_kill(subject: Subject) -> Iterator[Deploy]:
    """Deploys in a folder until a point; the exit code."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.engines.kill", subject.name],
        # dbt's static parser keeps threads, which a fork has not: the child would wait for them for ever.
        env={**os.environ, "PYTHONPATH": str(TOOLS), "DBT_STATIC_PARSER": "false"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        asked, answered = process.stdin, process.stdout
        assert asked is not None
        assert answered is not None

        def ask(point: str, folder: Path) -> int:
            print(point, folder, sep="\t", file=asked, flush=True)
            return int(answered.readline())

        yield ask
        asked.close()


@pytest.mark.parametrize(("subject", "point", "published"), STEPS, indirect=["subject"])
def test_killed_while_deploying(production: Production, point: str, published: bool, deploy_and_kill: Deploy) -> None:
    shop, first = production.shop, production.shop.live
    shop.publish(2)
    assert deploy_and_kill(point, shop.root) == -signal.SIGKILL

    # At once, before anything could tidy up: a reader of production sees one whole release.
    assert production.edition() == (2 if published else 1)

    # Any command settles the state, so that the plan compares with what is really live.
    plan = shop.plan()
    assert (shop.live != first) == published
    assert {change["unique_id"] for change in plan["changes"]} == (set() if published else {"model.releases.published"})

    # The next deploy works, and so does going back to what it replaced.
    production.deploy(3)
    assert production.edition() == 3
    shop.ok("rollback")
    assert production.edition() == (2 if published else 1)


@pytest.mark.parametrize(
    ("subject", "point", "published"),
    [
        pytest.param(name, point, published, id=f"{name}-{point}")
        for name in sorted(SUBJECTS)
        for point, published in {"recorded": False, "pointed": True}.items()
    ],
    indirect=["subject"],
)
def test_killed_while_deploying_around_a_pause(
    production: Production, point: str, published: bool, deploy_and_kill: Deploy
) -> None:
    """Nothing is half released: what is held shows the last good release before and after, and stays paused."""
    shop = production.shop
    shop.ok("pause", "printed", "--reason", "misprints")
    shop.publish(2)
    assert deploy_and_kill(point, shop.root) == -signal.SIGKILL
    held = f"select edition from {RELATIONS['printed']} union select edition from {RELATIONS['bound']}"
    for _ in range(2):
        assert production.published() == (2 if published else 1)
        assert production.query(held) == [(1,)]
        assert "PAUSED printed: misprints" in shop.run("status").out
        shop.plan()
    assert shop.run("deploy").code == 1
    assert production.published() == 2
    assert production.query(held) == [(1,)]
