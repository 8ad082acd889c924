"""`kill -9` at every step of a deploy: production is the old release or the new one, whole, and state says which."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.release.kill import POINTS
from tests.shop import Shop

TOOLS = Path(__file__).parents[2]


Deploy = Callable[[str, Path], int]


@pytest.fixture(scope="module")
def deploy_and_kill() -> Iterator[Deploy]:
    """Deploys in a folder until a point; the exit code."""
    with subprocess.Popen(
        [sys.executable, "-m", "tests.release.kill"],
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


@pytest.mark.parametrize("point", POINTS)
def test_killed_while_deploying(editions: Shop, point: str, deploy_and_kill: Deploy) -> None:
    shop = editions
    first, before = shop.live, shop.digest()
    shop.publish(2)
    assert deploy_and_kill(point, shop.root) == -signal.SIGKILL

    # At once, before anything could tidy up: a reader of production sees one whole release.
    assert shop.edition() == (2 if POINTS[point] else 1)
    if not POINTS[point]:
        assert shop.digest() == before

    # Any command settles the state, so that the plan compares with what is really live.
    plan = shop.plan()
    assert (shop.live != first) == POINTS[point]
    assert {change["unique_id"] for change in plan["changes"]} == (
        set() if POINTS[point] else {"model.editions.published"}
    )
    assert not (shop.root / ".dataops" / "prod" / "pending.json").exists()

    # The next deploy works, and so does going back to what it replaced.
    shop.publish(3)
    shop.ok("deploy")
    assert shop.edition() == 3
    assert shop.query("select count(*) from app.events") == [(5,)]
    shop.ok("rollback")
    assert shop.edition() == (2 if POINTS[point] else 1)


@pytest.mark.parametrize("point", ["recorded", "renamed"])
def test_killed_while_deploying_around_a_pause(editions: Shop, point: str, deploy_and_kill: Deploy) -> None:
    """Nothing is half released: what is held shows the last good release before and after, and stays paused."""
    shop = editions
    shop.ok("pause", "printed", "--reason", "misprints")
    shop.publish(2)
    assert deploy_and_kill(point, shop.root) == -signal.SIGKILL
    for _ in range(2):
        assert shop.edition() == (2 if POINTS[point] else 1)
        assert shop.query("select edition from printed union select edition from bound") == [(1,)]
        assert "PAUSED printed: misprints" in shop.run("status").out
        shop.plan()
    assert shop.run("deploy").code == 1
    assert shop.edition() == 2
    assert shop.query("select edition from printed union select edition from bound") == [(1,)]
