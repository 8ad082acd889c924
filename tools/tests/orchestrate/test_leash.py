"""A command on a leash: its end is told, and nothing of it goes on when whoever wanted it is gone."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dataops.orchestrate import child, leash, told
from dataops.orchestrate.child import Child, Order

STUBBORN = """
import os, signal, subprocess, sys, time
signal.signal(signal.SIGINT, signal.SIG_IGN)
signal.signal(signal.SIGTERM, signal.SIG_IGN)
inner = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"])
outer = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(120)"], start_new_session=True)
print(os.getpid(), inner.pid, outer.pid, flush=True)
time.sleep(120)
"""
"""It hears no signal, and one of its children has left its group."""


def _order(code: str, lock: str = "", grace: float = 0.5) -> Order:
    return Order([sys.executable, "-c", code], ".", child.variables({}), lock, grace)


def _alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def _gone(processes: list[int], seconds: float = 10) -> bool:
    until = time.monotonic() + seconds
    while time.monotonic() < until and any(map(_alive, processes)):
        time.sleep(0.05)
    return not any(map(_alive, processes))


@pytest.fixture
def stubborn() -> Iterator[tuple[subprocess.Popen[bytes], list[int]]]:
    """The leash of a command that does not want to end, and the processes of the command."""
    with subprocess.Popen(
        [sys.executable, "-I", leash.__file__, "", "0.5", sys.executable, "-c", STUBBORN],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,
    ) as process:
        assert process.stdout is not None
        mine = [int(each) for each in process.stdout.readline().split()]
        assert len(mine) == 3
        yield process, mine
        process.kill()
    for each in mine:
        if _alive(each):
            os.kill(each, signal.SIGKILL)


def test_its_lines_and_its_exit_code() -> None:
    mine = Child(_order("import sys; print('one'); print('two', file=sys.stderr); print('three', end=''); sys.exit(3)"))
    assert sorted(mine.lines()) == ["one", "three", "two"]
    assert mine.wait() == 3
    mine.stop()


def test_a_command_that_is_killed() -> None:
    mine = Child(_order("import os, signal; os.kill(os.getpid(), signal.SIGKILL)"))
    assert list(mine.lines()) == []
    assert mine.wait() == 128 + signal.SIGKILL
    mine.stop()


def test_it_may_end_by_itself_before_it_is_killed(tmp_path: Path) -> None:
    """What a deploy does on Ctrl-C: it closes what it holds."""
    code = f"""
import time
try:
    print("begun", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    open({str(tmp_path / "closed")!r}, "w").close()
"""
    mine = Child(_order(code, grace=10))
    assert next(iter(mine.lines())) == "begun"
    mine.stop()
    assert (tmp_path / "closed").exists()
    assert mine.wait() == leash.STOPPED


def test_whoever_wanted_it_says_so(stubborn: tuple[subprocess.Popen[bytes], list[int]]) -> None:
    process, mine = stubborn
    assert process.stdin is not None
    process.stdin.close()
    assert _gone(mine)
    assert process.wait(5) == leash.STOPPED


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_asks_for_it(stubborn: tuple[subprocess.Popen[bytes], list[int]], number: signal.Signals) -> None:
    process, mine = stubborn
    process.send_signal(number)
    assert _gone(mine)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends a process with its parent")
def test_the_leash_is_killed(stubborn: tuple[subprocess.Popen[bytes], list[int]]) -> None:
    process, mine = stubborn
    process.kill()
    assert _gone(mine[:1])


def test_whoever_wanted_it_is_killed() -> None:
    """Nobody is there to say so: the pipe has closed."""
    code = f"""
import sys, time
from dataops.orchestrate.child import Child, Order
mine = Child(Order([sys.executable, "-c", {STUBBORN!r}], ".", {{}}, "", 0.5))
print(next(iter(mine.lines())), flush=True)
time.sleep(120)
"""
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as task:
        assert task.stdout is not None
        mine = [int(each) for each in task.stdout.readline().split()]
        assert all(map(_alive, mine))
        task.kill()
    assert _gone(mine)


def test_the_parent_of_whoever_wanted_it_is_killed() -> None:
    """A worker is killed, and the task that it started goes on alone: until it looks."""
    task = f"""
import sys
from dataops.orchestrate.child import Child, Order
mine = Child(Order([sys.executable, "-c", {STUBBORN!r}], ".", {{}}, "", 0.5))
for line in mine.lines():
    print(line, flush=True)
"""
    worker = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {task!r}])"
    with subprocess.Popen([sys.executable, "-c", worker], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        mine = [int(each) for each in process.stdout.readline().split()]
        assert all(map(_alive, mine))
        process.kill()
        assert _gone(mine)


def test_commands_that_meet_queue(tmp_path: Path) -> None:
    """One at a time, and who waits says so; the lock of a killed one is free again."""
    lock = str(tmp_path / ".dataops" / "lock")
    first = Child(_order("import time; print('begun', flush=True); time.sleep(60)", lock))
    assert next(iter(first.lines())) == "begun"
    second = Child(_order("print('mine')", lock))
    lines = second.lines()
    assert next(lines) == f"waits for another task of this project ({lock})"
    third = Child(_order("print('never')", lock))
    assert next(third.lines()).startswith("waits")
    third.stop()
    assert third.wait() == leash.STOPPED
    first.stop()
    assert list(lines) == ["mine"]
    assert second.wait() == 0
    second.stop()
    assert (tmp_path / ".dataops" / ".gitignore").read_text() == "*\n"


def test_which_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert child.found(sys.prefix) == str(Path(sys.prefix, "bin", "dataops"))
    with pytest.raises(FileNotFoundError, match="folder of a virtual environment"):
        child.found(str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="on the PATH"):
        child.found(None)
    monkeypatch.setenv("PYTHONPATH", "of the orchestrator")
    assert "PYTHONPATH" not in child.variables({"a": "b"})
    assert child.variables({"a": "b"})["a"] == "b"


def test_the_last_run_of_a_file_counts(tmp_path: Path) -> None:
    file = told.place(str(tmp_path), "a dag", "manual__2026-12-01T00:00:00+00:00", "deploy-1")
    assert file.parent.name == "manual__2026-12-01T00-00-00-00-00"
    assert told.Told.read(file).finished is None
    file.parent.mkdir(parents=True)
    lines = [
        {"event": "run.started", "run": "1"},
        {"event": "release.published", "release": "x"},
        {"event": "run.finished", "exit_code": 0},
        {"event": "run.started", "run": "2"},
        {"event": "node.finished", "unique_id": "model.a.b"},
    ]
    file.write_text("\n".join(map(json.dumps, lines)) + '\n{"event": "release.publ')
    found = told.Told.read(file)
    assert (found.run, found.release, found.finished, list(found.nodes)) == ("2", None, None, ["model.a.b"])


def test_which_assets_were_published() -> None:
    index = {
        "nodes": [{"unique_id": "model.a.new"}, {"unique_id": "model.a.held"}, {"unique_id": "model.a.as_it_was"}],
        "assets": [
            {"name": "new", "uri": "u:new", "nodes": [0]},
            {"name": "held", "uri": "u:held", "nodes": [1]},
            {"name": "as it was", "uri": "u:as", "nodes": [2]},
            {"name": "shows new and old", "uri": "u:shows", "nodes": [0, 2]},
            {"name": "shows what is held", "uri": "u:held_too", "nodes": [0, 1]},
        ],
    }
    release = {
        "release": "r",
        "revision": "c",
        "nodes": [{"unique_id": "model.a.new", "rows": 4}],
        "held": [{"unique_id": "model.a.held", "why": "a test failed"}],
    }
    events = {each.name: each.extra for each in told.published(index, release)}
    assert set(events) == {"new", "shows new and old"}
    assert events["new"] == {
        "release": "r",
        "revision": "c",
        "rows": {"model.a.new": 4},
        "held": {"model.a.held": "a test failed"},
        "held_nodes": 1,
    }


def test_an_index_that_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "index.json"
    with pytest.raises(ValueError, match="dataops orchestrate index"):
        told.read_index(file)
    file.write_text('{"version": 2}')
    with pytest.raises(ValueError, match="version 2"):
        told.read_index(file)
