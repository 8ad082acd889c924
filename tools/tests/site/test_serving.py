"""The served site: what it answers, and whom; what it tells of a run, and how that ends."""

from __future__ import annotations

import math
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from dataops.history import files, journals
from dataops.site.running import Journals
from dataops.store.location import Location
from tests.history.past import ORDERS, UNIQUE, Past, result
from tests.site.live import PATIENCE, Build, Served, listening, served, until


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    past = Past(tmp_path_factory.mktemp("served"))
    past.add("before", 5, result(ORDERS, "success", 5), result(UNIQUE, "pass", 4.9, tested=ORDERS))
    with served(past) as site:
        yield site


# -- what it answers ------------------------------------------------------------------------------------------------


def test_pages_are_those_of_the_folder_and_follow(site: Served) -> None:
    home = site.text("/")
    assert "Production is healthy" in home
    assert "connect-src 'self'" in home
    assert '<script defer src="assets/live.js">' in home
    for asset in ("assets/live.js", "assets/site.css", "data/runs/before.js", "runs.html"):
        assert site.ask(f"/{asset}").status == 200, asset


def test_a_page_is_sent_again_only_if_it_is_another(site: Served) -> None:
    first = site.ask("/releases.html")
    assert first.headers["Cache-Control"] == "no-cache"
    tag = first.headers["ETag"]
    again = site.ask("/releases.html", **{"If-None-Match": tag})
    assert (again.status, again.content) == (304, b"")
    head = site.ask("/releases.html", "HEAD")
    assert (head.status, head.headers["ETag"], head.content) == (200, tag, b"")


@pytest.mark.parametrize(
    "path",
    ["/../../etc/passwd", "/..%2f..%2fetc/passwd", "/%2e%2e/dataops.yml", "//etc/passwd", "/data/", "/nothing",
     "/index.html%00", "/assets/..", "/\\..\\x", "/%ff"],
)  # fmt: skip
def test_nothing_else_of_the_machine_is_served(site: Served, path: str) -> None:
    assert site.ask(path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS"])
def test_nothing_can_be_asked_of_it_but_pages(site: Served, method: str) -> None:
    assert site.ask("/", method).status == 501


@pytest.mark.parametrize(
    ("host", "status"),
    [("localhost", 200), ("127.0.0.1:80", 200), ("[::1]:80", 200), ("LOCALHOST", 200), ("evil.example", 403),
     ("127.0.0.1.evil.example", 403), ("", 403), ("[", 403)],
)  # fmt: skip
def test_a_name_that_is_not_this_machine_s_own_gets_nothing(site: Served, host: str, status: int) -> None:
    for path in ("/", "/data/lineage.js", "/live") if status == 403 else ("/",):
        assert site.ask(path, Host=host).status == status


def test_no_other_page_can_load_what_is_served(site: Served) -> None:
    for path in ("/", "/data/lineage.js", "/live", "/nothing"):
        assert site.ask(path).headers["Cross-Origin-Resource-Policy"] == "same-origin"


# -- what it tells --------------------------------------------------------------------------------------------------


def test_a_run_is_followed_to_its_end(site: Served) -> None:
    with site.heard() as one, site.heard() as other:
        assert one() == other() == {"files": ["*"], "now": "", "say": ""}
        build = Build(site.past.root, "followed")
        build.say(planned=3)
        build.begin("große")
        until(lambda: "0 of 3 nodes done" in site.text("/"))
        assert "große" in site.text("/runs.html")
        build.end("große")
        build.begin("second")
        build.end("second", "error", message="Database error: </script><b>x</b> is gone")
        until(lambda: "2 of 3 nodes done, 1 failed" in site.text("/"))
        home = site.text("/")
        assert "&lt;/script&gt;&lt;b&gt;x&lt;/b&gt; is gone" in home
        assert "Running now" in home
        assert '\\"status\\":\\"error' in site.text("/data/runs/followed.js")
        build.say(status="failed", seconds=1.0)
        until(lambda: "Just ended" in site.text("/"))
        journals.finish(Location(site.past.settings.state), build.journal)
        # What the run left is gathered: the model that failed is why production is not healthy.
        until(lambda: "Production is not healthy: 1 failing" in site.text("/"))
        assert "failed" in site.text("/runs.html")
        heard = [one()]
        while "has ended" not in heard[-1]["say"]:
            heard.append(one())
        said = " ".join(each["say"] for each in heard)
        assert "build in prod has begun" in said
        assert "1 node failed: second" in said
        assert "build in prod has ended: failed, 2 of 3 nodes done, 1 failed" in said
        assert any("data/runs/followed.js" in each["files"] for each in heard)
        assert other()["files"]


def test_a_killed_run_is_interrupted(site: Served) -> None:
    build = Build(site.past.root, "killed", target="dev")
    build.say(planned=2)
    build.begin("slow")
    until(lambda: "build</bdi></code> in <code><bdi>dev" in site.text("/"))
    build.journal.leave()
    until(lambda: "Running when it stopped" in site.text("/"))
    home = site.text("/")
    assert '<span class="pill warned">interrupted</span>' in home
    assert "slow" in home
    build.journal.path.unlink()


def test_what_was_gathered_before_stays_where_only_a_journal_grew(
    site: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    # From time to time all is gathered again, however little has changed.
    monkeypatch.setattr(site.follow, "_again", math.inf)
    until(lambda: site.follow._work is None)
    known = site.ask("/releases.html").headers["ETag"]
    made = site.server.showing._made["releases.html"]
    build = Build(site.past.root, "other", target="dev")
    build.say(planned=7)
    until(lambda: "0 of 7" in site.text("/"))
    build.journal.remove()
    assert site.server.showing.file("releases.html") is made
    assert site.ask("/releases.html").headers["ETag"] == known


def test_a_file_that_is_damaged_meanwhile_is_named(site: Served) -> None:
    (file,) = (site.past.root / "state" / "history" / "v1").glob("*-before-*.parquet")
    content = file.read_bytes()
    file.write_bytes(content[:100])
    try:
        until(lambda: "its content is not what was written" in site.text("/"))
    finally:
        file.write_bytes(content)
    until(lambda: "its content is not what was written" not in site.text("/"))


def test_a_state_that_cannot_be_read_leaves_what_was_shown(site: Served) -> None:
    pointer = site.past.root / "state" / "current.json"
    pointer.write_text("{}")
    try:
        until(lambda: "This is how it was at" in site.text("/"))
        assert "current.json is damaged" in site.text("/")
    finally:
        pointer.unlink()
    until(lambda: "This is how it was at" not in site.text("/"))


def test_who_goes_away_leaves_nothing_behind(site: Served) -> None:
    until(lambda: not listening())
    with ExitStack() as open_:
        every = [open_.enter_context(site.heard()) for _ in range(20)]
        assert all(each()["files"] == ["*"] for each in every)
        assert len(listening()) == 20
    until(lambda: not listening(), "their threads stay")


# -- journals -------------------------------------------------------------------------------------------------------


def test_a_journal_is_read_on_from_where_it_was_read(tmp_path: Path) -> None:
    journals = Journals(tmp_path / ".dataops" / "journal")
    assert journals.look() == ()
    build = Build(tmp_path, "mine")
    build.begin("a")
    build.end("a")
    build.begin("b")
    (seen,) = journals.look()
    assert (seen.run.status, seen.run.counts, [node.name for node in seen.active]) == ("running", {"success": 1}, ["b"])
    assert journals.look() == (seen,)
    # Half a line, a damaged one, and one that is JSON and nothing of ours.
    with build.journal.path.open("a") as file:
        file.write('{"damaged\n[3]\n{"kind": "result", "result": {}}\n{"kind": "started", "star')
    assert journals.look()[0].active == seen.active
    with build.journal.path.open("a") as file:
        file.write('ted": {"unique_id": "x", "name": "x", "kind": "model", "started_at": "2026-03-01T00:00:00"}}\n')
    assert [node.name for node in journals.look()[0].active] == ["b", "x"]
    build.end("b", "error")
    build.end("c", "skipped")
    assert journals.look()[0].run.counts == {"success": 1, "error": 1, "skipped": 1}
    build.say(status="failed")
    build.journal.remove()
    # Its last words are read though it is gone.
    (last,) = journals.look()
    assert (last.run.status, [node.name for node in last.bad]) == ("failed", ["b"])
    assert last.ended is not None
    assert journals.look() == ()


def test_the_history_holds_no_beginnings(tmp_path: Path) -> None:
    past = Past(tmp_path)
    build = Build(tmp_path, "mine")
    build.begin("a")
    build.end("a")
    build.say(status="success", seconds=1.0)
    journals.finish(Location(past.settings.state), build.journal)
    (file,) = (tmp_path / "state" / "history" / "v1").iterdir()
    kinds = files.connect().execute("select kind from read_parquet(?)", [str(file)]).fetchall()
    assert sorted(kinds) == [("invocation",), ("result",)]


# -- the command ----------------------------------------------------------------------------------------------------


def test_the_command_takes_a_port_and_ends_when_it_is_told_to(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: shop\n")
    words = [sys.executable, "-m", "dataops", "site", "--serve"]
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        ran = subprocess.run([*words, "--port", port], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 2
    assert f"cannot listen at 127.0.0.1, port {port}: Address already in use" in ran.stderr
    # Where the tests themselves run in the background, a process starts with the signal ignored.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from dataops.cli import main; main(['site', '--serve'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as child:
        try:
            assert child.stdout is not None
            line = child.stdout.readline()
            assert line.startswith("http://127.0.0.1:")
            child.send_signal(signal.SIGINT)
            _, said = child.communicate(timeout=PATIENCE)
        finally:
            child.kill()
    assert (child.returncode, said.strip()) == (130, "interrupted")
    assert [path.name for path in tmp_path.iterdir()] == ["dbt_project.yml"]
