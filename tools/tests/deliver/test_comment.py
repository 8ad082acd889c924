"""One comment, created once and updated after, whatever the API does; and the token stays with us."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataops.deliver import comment as commenting
from dataops.deliver.comment import Delivered, comment, find, marker
from dataops.deliver.request import Client
from tests.deliver.forges import TOKEN, Failure, Server, github, gitlab, serving

Environment = Callable[..., dict[str, str]]
MARK = marker("shop")


@pytest.fixture
def server() -> Iterator[Server]:
    with serving() as running:
        yield running


@pytest.fixture(params=[github, gitlab], ids=["GitHub", "GitLab"])
def environment(request: pytest.FixtureRequest) -> Environment:
    found: Environment = request.param
    return found


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that were asked for, and not made."""
    pauses: list[float] = []

    def client(forge: object) -> Client:
        found = made(forge)  # type: ignore[arg-type]
        found.sleep = pauses.append
        found.now = lambda: 1_000_000.0
        return found

    made = commenting.client
    monkeypatch.setattr(commenting, "client", client)
    return pauses


def test_it_is_created_once_and_updated_after(server: Server, environment: Environment) -> None:
    assert comment("first", "shop", environment(server)) == Delivered("created")
    assert comment("second", "shop", environment(server)) == Delivered("updated")
    assert comment("third", "shop", environment(server)) == Delivered("updated")
    assert [each["body"] for each in server.comments] == [f"{MARK}\nthird"]
    assert [method for method, _, _ in server.asked].count("POST") == 1
    assert {token for _, _, token in server.asked} == {TOKEN}


def test_it_is_found_among_many(server: Server, environment: Environment) -> None:
    for number in range(250):
        server.add(f"a comment of a person, {number}")
    server.add(f"> {MARK}\n> a quotation of ours")
    server.add(f"I like {MARK}")
    identity = server.add(f"{MARK}\r\nold")
    server.add(f"{marker('other')}\nanother project's")
    server.add(f"{marker('shopping')}\na project whose name begins alike")
    assert comment("new", "shop", environment(server)) == Delivered("updated")
    assert [each["id"] for each in server.comments if each["body"] == f"{MARK}\nnew"] == [identity]
    assert len([method for method, _, _ in server.asked if method == "GET"]) == 3
    assert not [method for method, _, _ in server.asked if method == "POST"]


def test_two_projects_keep_two_comments(server: Server, environment: Environment) -> None:
    for body in ("one", "two"):
        comment(body, "shop", environment(server))
        comment(body, "bank", environment(server))
    assert [each["body"] for each in server.comments] == [f"{MARK}\ntwo", f"{marker('bank')}\ntwo"]


def test_exactly_a_hundred_comments(server: Server, environment: Environment) -> None:
    for number in range(100):
        server.add(f"{number}")
    assert comment("new", "shop", environment(server)) == Delivered("created")
    assert comment("newer", "shop", environment(server)) == Delivered("updated")
    assert len(server.comments) == 101


@pytest.mark.parametrize(
    ("failures", "pauses"),
    [
        ([Failure("GET", 500), Failure("GET", 502), Failure("GET", 503)], [1, 2, 4]),
        ([Failure("GET", 429, {"Retry-After": "17"})], [17]),
        ([Failure("GET", 403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "1000030"})], [30]),
        ([Failure("GET", 403, {}, "You have exceeded a secondary rate limit")], [1]),
        ([Failure("GET", None), Failure("GET", None)], [1, 2]),
        ([Failure("POST", 502), Failure("POST", 503)], [1, 2]),
        ([Failure("POST", 429, {"Retry-After": "3"})], [3]),
    ],
    ids=["5xx", "retry after", "rate limit", "secondary limit", "hung up", "creation fails", "creation limited"],
)
def test_what_passes_is_waited_for(
    server: Server, environment: Environment, slept: list[float], failures: list[Failure], pauses: list[float]
) -> None:
    server.failures = list(failures)
    assert comment("body", "shop", environment(server)) == Delivered("created")
    assert len(server.ours(MARK)) == 1
    assert slept == pauses


@pytest.mark.parametrize("status", [502, None])
def test_a_creation_that_worked_after_all_is_not_repeated(
    server: Server, environment: Environment, slept: list[float], status: int | None
) -> None:
    server.failures = [Failure("POST", status, done=True)]
    assert comment("body", "shop", environment(server)) == Delivered("updated")
    assert len(server.ours(MARK)) == 1
    assert slept == [1]


def test_an_update_is_retried(server: Server, environment: Environment, slept: list[float]) -> None:
    comment("first", "shop", environment(server))
    method = "PATCH" if environment is github else "PUT"
    server.failures = [Failure(method, 500), Failure(method, None)]
    assert comment("second", "shop", environment(server)) == Delivered("updated")
    assert server.comments[0]["body"] == f"{MARK}\nsecond"
    assert slept == [1, 2]


def test_it_gives_up_within_bounds(server: Server, environment: Environment, slept: list[float]) -> None:
    server.failures = [Failure("GET", 503)] * 50
    done = comment("body", "shop", environment(server))
    assert done.outcome == "failed"
    assert "503" in done.why
    assert sum(slept) <= 90


def test_a_long_ban_is_not_sat_out(server: Server, environment: Environment, slept: list[float]) -> None:
    server.failures = [Failure("GET", 429, {"Retry-After": "3600"}, "slow down")]
    done = comment("body", "shop", environment(server))
    assert (done.outcome, slept) == ("failed", [])
    assert "slow down" in done.why


def test_an_api_that_is_not_there(environment: Environment, slept: list[float]) -> None:
    done = comment("body", "shop", environment(Server(address="http://127.0.0.1:1")))
    assert done.outcome == "failed"
    assert "Connection" in done.why
    assert slept


def test_a_comment_of_somebody_else_is_passed_over(server: Server, environment: Environment) -> None:
    """Whoever copies our first line keeps us from nothing, and next time ours is found behind theirs."""
    theirs = server.add(f"{MARK}\nnot ours")
    server.locked.add(theirs)
    assert comment("first", "shop", environment(server)) == Delivered("created")
    assert comment("second", "shop", environment(server)) == Delivered("updated")
    assert [each["body"] for each in server.comments] == [f"{MARK}\nnot ours", f"{MARK}\nsecond"]


def test_a_fork_is_told_what_is_missing(server: Server) -> None:
    server.failures = [Failure("POST", 403, {}, '{"message": "Resource not accessible by integration"}')]
    done = comment("body", "shop", github(server))
    assert done.outcome == "failed"
    assert "pull-requests: write" in done.why
    assert "fork" in done.why


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"GITHUB_TOKEN": ""}, "GITHUB_TOKEN is not set"),
        ({"GITHUB_TOKEN": " \n"}, "GITHUB_TOKEN is not set"),
        ({"GITHUB_REF": "refs/heads/main"}, "no pull request"),
        ({"GITHUB_REF": "refs/pull/7/../../8/merge"}, "no pull request"),
        ({"GITHUB_REPOSITORY": ""}, "no pull request"),
    ],
)
def test_github_says_what_is_missing(server: Server, change: dict[str, str], words: str) -> None:
    done = comment("body", "shop", github(server, **change))
    assert done.outcome == "skipped"
    assert words in done.why
    assert not server.asked


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"GITLAB_TOKEN": ""}, "a job token cannot comment"),
        ({"CI_MERGE_REQUEST_IID": ""}, "no merge request"),
    ],
)
def test_gitlab_says_what_is_missing(server: Server, change: dict[str, str], words: str) -> None:
    done = comment("body", "shop", gitlab(server, **change))
    assert done.outcome == "skipped"
    assert words in done.why
    assert not server.asked


def test_a_machine_that_is_no_job() -> None:
    assert comment("body", "shop", {}).outcome == "skipped"


@pytest.mark.parametrize("event", ["{}", "not JSON", "[]", '{"pull_request": {"number": "x"}}'])
def test_the_number_is_read_from_the_event(server: Server, tmp_path: Path, event: str) -> None:
    path = tmp_path / "event.json"
    path.write_text(json.dumps({"pull_request": {"number": 9}}), encoding="utf-8")
    given = github(server, GITHUB_EVENT_PATH=str(path), GITHUB_REF="refs/heads/x")
    assert find(given).comments == "/repos/acme/shop/issues/9/comments"
    path.write_text(event, encoding="utf-8")
    assert comment("body", "shop", given).outcome == "skipped"


TOKENS = (TOKEN, "wrong-27182818", "with\nnewline-161803", "ünïcode-1414213", "arrow→-1732050", "{}'\"<>-577215")


@pytest.mark.parametrize("token", TOKENS)
def test_the_token_is_never_told(
    server: Server, environment: Environment, slept: list[float], token: str, capfd: pytest.CaptureFixture[str]
) -> None:
    name = "GITHUB_TOKEN" if environment is github else "GITLAB_TOKEN"
    given = environment(server, **{name: token})
    server.failures = [Failure("GET", 500, {}, f"{'x' * 290}{token}")] * 30
    said = [repr(comment("body", "shop", given))]
    said += [repr(find(given))] if token == TOKEN else []
    server.failures = []
    said.append(repr(comment("body", "shop", given)))
    nowhere = {"GITHUB_API_URL": "http://127.0.0.1:1", "CI_API_V4_URL": "http://[bad"}
    said.append(repr(comment("body", "shop", {**given, **nowhere})))
    written = capfd.readouterr()
    for text in (*said, written.out, written.err):
        for part in (token, token[:6], token[-6:]):
            assert part not in text


def test_no_redirect_is_followed(server: Server, environment: Environment) -> None:
    with serving() as elsewhere:
        server.failures = [Failure("GET", 302, {"Location": f"{elsewhere.address}/repos/acme/shop/issues/7/comments"})]
        done = comment("body", "shop", environment(server))
        assert done.outcome == "failed"
        assert not elsewhere.asked


def test_no_netrc_takes_the_place_of_the_token(
    server: Server, environment: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("default login somebody password else\n", encoding="utf-8")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    assert comment("body", "shop", environment(server)) == Delivered("created")


@pytest.mark.parametrize("answer", ["not JSON", "null", "[1, null]", '{"message": "odd"}'])
def test_an_odd_answer_fails_no_job(server: Server, environment: Environment, slept: list[float], answer: str) -> None:
    server.failures = [Failure("GET", 200, {}, answer)] * 50
    done = comment("body", "shop", environment(server))
    assert done.outcome in ("created", "failed")


def test_the_marker_cannot_be_left() -> None:
    assert marker("shop") == "<!-- dataops review of shop -->"
    assert marker("a --> <script>b") == "<!-- dataops review of a-scriptb -->"
