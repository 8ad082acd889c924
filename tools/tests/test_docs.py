"""What the documents say is true: commands run, names exist, links lead somewhere, workflows and demo fit the project.

Blocks marked `console` in README and docs are run page by page. HTML comments say where and what happens in between:

    <!-- runs in: a project that was released -->    a fresh copy of that project, on a branch `change`
    <!-- then: a test fails -->                      an edit, committed
    # exit code: 1                                   (in a block) the command above has to end with 1
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from dataops import config
from dataops.cli import cli
from tests.shop import Shop

REPOSITORY = Path(__file__).resolve().parents[2]
# The page of an application has nothing to run in the shop, and is tested with that application.
APPLICATIONS = {f"{name}.md" for name in ("fraud", "healthcare", "recommendations", "supply-chain", "machine-learning")}
PAGES = sorted(
    {REPOSITORY / "README.md", REPOSITORY / "CONTRIBUTING.md", *(REPOSITORY / "docs").glob("*.md")}
    - {REPOSITORY / "docs" / name for name in APPLICATIONS}
)
NAMED = [str(page.relative_to(REPOSITORY)) for page in PAGES]
WORKFLOWS = [*(REPOSITORY / ".github" / "workflows").glob("*.yml"), REPOSITORY / "docs" / "examples" / "gitlab-ci.yml"]

_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_STEP = re.compile(
    r"^<!-- (?P<what>runs in|then): (?P<which>[^>]*?) -->$|^```console\n(?P<block>.*?)^```$", re.MULTILINE | re.DOTALL
)
_CODE = r"(?:`|\$ |^ *|- |&& )"
_DATAOPS = re.compile(_CODE + r"dataops((?: +[\w./:{}\"$+-]+)+)", re.MULTILINE)


# -- commands -------------------------------------------------------------------------------------------------------


def _change_a_model(shop: Shop) -> None:
    shop.git("switch", "-q", "-c", "change")
    shop.publish(2)


def _change_a_model_on_main(shop: Shop) -> None:
    shop.publish(3)


def _fail_a_test(shop: Shop) -> None:
    shop.edit("seeds/payments.csv", "100,10,1200", "100,10,-1200")


def _rename_a_promised_column(shop: Shop) -> None:
    shop.git("switch", "-q", "-c", "change")
    shop.edit("models/marts/dim_customers.sql", "customer_name", "customer_name as full_name")
    shop.edit("models/marts/marts.yml", "name: customer_name", "name: full_name")


def _read_a_source_in_a_mart(shop: Shop) -> None:
    shop.git("switch", "-q", "-c", "change")
    shop.write("models/marts/fct_late_events.sql", "select * from {{ source('app', 'events') }}\n")


def _build_by_dbt_alone(shop: Shop) -> None:
    shop.publish(4)
    words = ["build", "-s", "published", "--profiles-dir", "profiles"]
    subprocess.run([sys.executable, "-m", "dbt.cli.main", *words], cwd=shop.root, check=True, capture_output=True)


def _name_a_destination(shop: Shop) -> None:
    # The address itself is in the environment, and `--dry-run` does not ask for it.
    shop.write("dataops.yml", "alert:\n  to: [ALERT_MAIL]\n")


EDITS: dict[str, Callable[[Shop], None]] = {
    "a model is changed on a branch": _change_a_model,
    "a model is changed on main": _change_a_model_on_main,
    "a test fails": _fail_a_test,
    "a column under a contract is renamed": _rename_a_promised_column,
    "a mart reads a source": _read_a_source_in_a_mart,
    "dbt builds by itself": _build_by_dbt_alone,
    "a destination is named": _name_a_destination,
}
PROJECTS = {"a project before its first release": "fresh", "a project that was released": "shop"}


@dataclass
class Command:
    """A line of a console block."""

    line: str
    code: int = 0


def commands(block: str) -> list[Command]:
    found: list[Command] = []
    for line in block.splitlines():
        if line.startswith("$ "):
            found.append(Command(line[2:]))
        elif line.startswith("# exit code: "):
            found[-1].code = int(line.removeprefix("# exit code: "))
    return found


def _run(shop: Shop, command: Command) -> None:
    words = shlex.split(command.line)
    if words[0] == "dataops":
        ran = shop.run(*words[1:])
        assert ran.code == command.code, f"{command.line} -> {ran.code}\n{ran.out}\n{ran.err}"
        assert "defect of dataops" not in ran.err
    else:
        done = subprocess.run(words, cwd=shop.root, capture_output=True, text=True, check=False)
        assert done.returncode == command.code, f"{command.line} -> {done.returncode}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize(
    "page", [name for name in NAMED if "\n```console\n" in (REPOSITORY / name).read_text(encoding="utf-8")]
)
def test_the_commands_of_a_page_run(page: str, request: pytest.FixtureRequest) -> None:
    shop: Shop | None = None
    count = 0
    for step in _STEP.finditer((REPOSITORY / page).read_text(encoding="utf-8")):
        if step["what"] == "runs in":
            shop = request.getfixturevalue(PROJECTS[step["which"]])
            continue
        assert shop is not None, f"{page}: say which project the commands run in"
        if step["what"] == "then":
            EDITS[step["which"]](shop)
            shop.commit(step["which"])
            continue
        for command in commands(step["block"]):
            _run(shop, command)
            count += 1
    assert count


@pytest.mark.parametrize("page", NAMED)
def test_shown_commands_run_or_say_why_not(page: str) -> None:
    text = (REPOSITORY / page).read_text(encoding="utf-8")
    for block in _FENCE.finditer(text):
        if block[2] != "console" and re.search(r"^ *\$ |^ *(gh|pip|dbt|dataops) ", block[3], re.MULTILINE):
            before = text[: block.start()].rstrip().rsplit("\n", 1)[-1].strip()
            assert before.startswith("<!-- not run: "), f"{page}: say why this is not run:\n{block[0]}"


# -- names ----------------------------------------------------------------------------------------------------------


def mentions(text: str) -> Iterator[list[str]]:
    """Each `dataops …` of a text that starts with a command, as words."""
    for found in _DATAOPS.finditer(text):
        words = found[1].split()
        if re.fullmatch(r"[a-z]+", words[0]):
            yield words


@pytest.mark.parametrize(
    "file",
    [*NAMED, "Makefile", "tools/demo.py", ".pre-commit-config.yaml", ".pre-commit-hooks.yaml"]
    + [str(path.relative_to(REPOSITORY)) for path in WORKFLOWS],
)
def test_named_commands_and_options_exist(file: str) -> None:
    for words in mentions((REPOSITORY / file).read_text(encoding="utf-8")):
        command = cli.commands.get(words[0])
        if isinstance(command, click.Group):
            command = command.commands.get(words[1]) if len(words) > 1 and not words[1].startswith("-") else command
        assert command is not None, f"{file}: there is no `dataops {' '.join(words[:2])}`"
        known = {name for each in command.params if isinstance(each, click.Option) for name in each.opts}
        unknown = {word for word in words if re.match(r"-\w|--\w", word)} - known - {"--help", "-h"}
        assert not unknown, f"{file}: `dataops {words[0]}` has no {', '.join(sorted(unknown))}"


def test_the_readme_lists_every_command() -> None:
    text = (REPOSITORY / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `dataops (\w+)` \|", text, re.MULTILINE)) == set(cli.commands)


def test_named_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        named = set(
            re.findall(r"`make (?:\w+=\S+ )*([a-z]+)`|^\$ make ([a-z]+)", page.read_text("utf-8"), re.MULTILINE)
        )
        assert {name for pair in named for name in pair if name} <= targets, page.name


@pytest.mark.parametrize("page", NAMED)
def test_links_lead_somewhere(page: str) -> None:
    path = REPOSITORY / page
    for target in re.findall(r"\]\(([^)\s]+)\)", path.read_text(encoding="utf-8")):
        if target.startswith("https://"):
            continue
        file, _, section = target.partition("#")
        place = (path.parent / file).resolve() if file else path
        assert place.exists(), f"{page}: {target} leads nowhere"
        if section:
            heads = re.findall(r"^#+ (.*)$", place.read_text(encoding="utf-8"), re.MULTILINE)
            slugs = {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}
            assert section in slugs, f"{page}: {target} names no section"


# -- settings -------------------------------------------------------------------------------------------------------


def _keys(kind: Any, prefix: str = "") -> Iterator[str]:
    for each in fields(kind):
        value = getattr(kind, each.name)
        if is_dataclass(value):
            yield from _keys(value, f"{prefix}{each.name}.")
        else:
            yield prefix + each.name


_FREE = ("check.rules",)
"""Settings whose keys are names of the project's own choosing."""


def _flat(raw: dict[str, Any], prefix: str = "") -> Iterator[str]:
    for key, value in raw.items():
        if isinstance(value, dict) and prefix + key not in _FREE:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key


def test_every_setting_is_documented(tmp_path: Path) -> None:
    text = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    example = next(block[3] for block in _FENCE.finditer(text) if block[2] == "yaml")
    (tmp_path / config.FILE).write_text(example, encoding="utf-8")
    config.load(tmp_path)
    every = set(_keys(config.Settings()))
    assert set(_flat(yaml.safe_load(example))) == every
    assert set(re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE)) == every


def test_the_documented_defaults_are_the_defaults(tmp_path: Path) -> None:
    text = (REPOSITORY / "docs" / "settings.md").read_text(encoding="utf-8")
    raw = yaml.safe_load(next(block[3] for block in _FENCE.finditer(text) if block[2] == "yaml"))
    default = config.Settings()
    assert raw["state"] == default.state
    assert raw["lint"]["blocking"] == default.lint.blocking
    assert raw["releases"]["keep"] == default.releases.keep
    assert config.load(REPOSITORY).production.target == "prod"


# -- workflows ------------------------------------------------------------------------------------------------------


def _document(path: Path) -> dict[Any, Any]:
    document: dict[Any, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def _snippets(workflow: str, job: str) -> Iterator[tuple[str, str]]:
    """Name and script of the job's own steps, without those that install."""
    document = _document(REPOSITORY / ".github" / "workflows" / workflow)
    for step in document["jobs"][job]["steps"]:
        if "run" in step and not step["run"].startswith("pip install"):
            yield step.get("name", ""), step["run"]


def _bash(shop: Shop, script: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run a step as the runner does: bash, stopping at the first error."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script],
        cwd=shop.root,
        env={**os.environ, "PATH": path, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_workflows_are_yaml_and_ask_for_little(path: Path) -> None:
    document = _document(path)
    if path.parent.name == "workflows":
        assert document["permissions"] == {"contents": "read"}
        # Only what publishes may say who it is, and it runs nothing of ours.
        asking = {name: job["permissions"] for name, job in document["jobs"].items() if "permissions" in job}
        assert asking == ({"publish": {"id-token": "write"}} if path.name == "release.yml" else {})
        assert "pull_request_target" not in document[True]  # YAML 1.1 reads `on` as true
        uses = [step["uses"] for job in document["jobs"].values() for step in job["steps"] if "uses" in step]
        publishing = ["pypa/gh-action-pypi-publish@release/v1"] if path.name == "release.yml" else []
        assert [each for each in uses if not re.fullmatch(r"actions/[\w/-]+@v\d+", each)] == publishing


def _judge(shop: Shop, summary: Path) -> list[int]:
    """Run the pull request's own steps; their exit codes."""
    summary.touch()
    variables = {"BASE": "main", "GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    return [_bash(shop, script, **variables).returncode for _, script in _snippets("ci.yml", "judge")]


def test_a_pull_request_is_judged_without_state(fresh: Shop, tmp_path: Path) -> None:
    _change_a_model(fresh)
    fresh.commit()
    assert _judge(fresh, tmp_path / "summary.md") == [0]
    assert "Compared with revision main" in (tmp_path / "summary.md").read_text(encoding="utf-8")


def test_a_pull_request_is_judged_with_state(shop: Shop, tmp_path: Path) -> None:
    _fail_a_test(shop)
    shop.commit()
    assert _judge(shop, tmp_path / "summary.md") == [1]
    summary = (tmp_path / "summary.md").read_text(encoding="utf-8")
    assert "Compared with release" in summary
    assert "Not ready: 1 test failed" in summary


def test_a_push_to_main_releases(fresh: Shop) -> None:
    lines = [line for _, script in _snippets("ci.yml", "release") for line in script.splitlines()]
    assert lines == ["dataops deploy", "dataops releases"]
    for line in lines:
        _run(fresh, Command(line))


def test_gitlab_runs_the_same_commands() -> None:
    document = _document(REPOSITORY / "docs" / "examples" / "gitlab-ci.yml")
    judge = "\n".join(document["judge"]["script"])
    assert "dataops ci\n" in judge
    assert document["release"]["script"] == ["dataops deploy", "dataops releases"]
    caches = [each for job in ("judge", "release") for each in document[job]["cache"] if each["key"] == "production"]
    github = _document(REPOSITORY / ".github" / "workflows" / "ci.yml")
    paths = {
        step["with"]["path"]
        for job in github["jobs"].values()
        for step in job["steps"]
        if "cache" in step.get("uses", "")
    }
    assert {tuple(each["paths"]) for each in caches} == {tuple(path.split()) for path in paths}


# -- the demo -------------------------------------------------------------------------------------------------------


def test_the_demo_fits_the_models(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(REPOSITORY / "tools"))
    import demo

    for name, old, _ in (*demo.GOOD, *demo.BAD):
        text = (REPOSITORY / name).read_text(encoding="utf-8")
        assert not old or text.count(old) == 1, f"{name} no longer holds, once:\n{old}"
    project = (REPOSITORY / "dbt_project.yml").read_text(encoding="utf-8")
    for old, _ in (demo.FEED, demo.QUICK):
        assert project.count(old) == 1, f"dbt_project.yml no longer holds, once:\n{old}"
    assert list(yaml.safe_load(project))[-1] == "vars"


# -- files ----------------------------------------------------------------------------------------------------------

_MODULE = re.compile(r"`((?:[a-z_0-9]+/)+[a-z_0-9]+\.py)`")


def test_every_module_that_is_named_is_there() -> None:
    """In pages and docstrings alike, named from the repository or from the package."""
    package = REPOSITORY / "tools" / "dataops"
    texts = [*PAGES, *(REPOSITORY / "docs" / name for name in APPLICATIONS), *package.rglob("*.py")]
    gone = [
        f"{text.name}: {name}"
        for text in texts
        for name in _MODULE.findall(text.read_text(encoding="utf-8"))
        if not any((folder / name).is_file() for folder in (REPOSITORY, REPOSITORY / "tools", package))
    ]
    assert gone == []


def test_the_matrix_runs_tests_that_exist() -> None:
    """pytest that is given a file that is gone runs none of the others."""
    named = re.findall(r'^    "(\w+/test_\w+\.py)",$', (REPOSITORY / "tools" / "matrix.py").read_text("utf-8"), re.M)
    assert len(named) > 5
    assert [name for name in named if not (REPOSITORY / "tools" / "tests" / name).is_file()] == []
