"""`dataops init` on real projects in real repositories: what it writes, what it leaves alone, and what it says."""

from __future__ import annotations

import dataclasses
import io
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from rich.console import Console

from dataops import config
from dataops.adopt.draft import appended, difference, write
from dataops.adopt.look import look
from dataops.adopt.offer import Warehouse, hooks, offer, settings
from dataops.adopt.portrait import Portrait
from dataops.engines import adapters, registry
from dataops.errors import ProjectError, SettingsError
from dataops.output import adoption
from dataops.project.targets import Targets
from tests.shop import Shop, lay_out

REPOSITORY = Path(__file__).resolve().parents[3]
OWN = Warehouse(releases=True, own=True)


@pytest.fixture
def bare(tmp_path: Path) -> Shop:
    """The shop as most projects are found: nothing of ours, no lint settings, no line of .gitignore."""
    shop = lay_out(tmp_path / "bare", with_events=False)
    shop.remove(".gitignore")
    shop.remove(".sqlfluff")
    shop.git("remote", "add", "origin", "git@gitlab.example.com:shop/shop.git")
    shop.commit("nothing is ignored")
    return shop


def test_a_project_is_adopted_once(fresh: Shop) -> None:
    before = fresh.git("ls-files", "-s")
    fresh.remove(".sqlfluff")
    (fresh.top / ".gitignore").write_text("target/\n*.duckdb\n*.wal\n.dataops/", encoding="utf-8")
    fresh.commit("as found")
    ran = fresh.ok("init", "--yes", "--ci", "github")
    assert set(fresh.git("status", "--porcelain").split()[1::2]) == {
        *(".gitignore", ".github/", ".pre-commit-config.yaml", ".sqlfluff", "dataops.yml")
    }
    assert fresh.read(".gitignore") == "target/\n*.duckdb\n*.wal\n.dataops/\n\n# What dbt and dataops leave.\nlogs/\n"
    assert config.load(fresh.root).production.target == "prod"
    assert re.search(
        r"^Models +9: 4 in marts, 4 in staging, 1 in intermediate; 4 view, 3 table, ", ran.out, re.MULTILINE
    )
    assert re.search(r"^Tests +7 tests and 1 unit test: 3 of 9 \(33%\) of the models have one", ran.out, re.MULTILINE)
    assert re.search(r"^Docs +1 of 9 \(11%\) of the models are described, 0 of 6", ran.out, re.MULTILINE)
    assert re.search(r"^Lint +\d+ findings? in 10 files$", ran.out, re.MULTILINE)
    assert ran.out.rstrip().endswith("dataops ci --base main")
    fresh.commit("adopted")
    again = fresh.ok("init", "--yes", "--ci", "github")
    assert "Nothing to write: all of it is there." in again.out
    assert not fresh.git("status", "--porcelain")
    assert before != fresh.git("ls-files", "-s")
    hooks = yaml.safe_load(fresh.read(".pre-commit-config.yaml"))["repos"][0]["hooks"]
    for hook in hooks:
        fresh.ok(*hook["entry"].split()[1:])
    assert re.search(hooks[0]["files"], "models/marts/published.sql")
    assert not re.search(hooks[0]["files"], "README.md")


def test_the_next_command_works_as_it_is_printed(fresh: Shop) -> None:
    fresh.ok("init", "--yes")
    fresh.commit("adopted")
    fresh.git("switch", "-q", "-c", "change")
    fresh.publish(2)
    fresh.commit("edition 2")
    assert "Ready" in fresh.ok("ci", "--base", "main").out


def test_a_project_of_many_folders_is_told_in_a_line() -> None:
    layers = tuple((f"layer_{number}", 10 - number) for number in range(9))
    drawn = Portrait(layers, (("view", 54),), (), 0, 0, 0, 0, 0, 0, 0, ())
    out = io.StringIO()
    adoption.portrait(Console(file=out, width=200), drawn, "why", 54)
    assert ", 5 in layer_5, 9 in 3 other folders; 54 view; beside them nothing\n" in out.getvalue()
    assert "Docs      0 of 54 (0%) of the models are described\n" in out.getvalue()
    assert "54 SQL files, not linted now: why" in out.getvalue()


def test_whoever_does_not_say_yes_gets_nothing(bare: Shop) -> None:
    ran = bare.ok("init", "--dry-run")
    assert "+++ b/.gitlab-ci.yml" in ran.out
    assert "Nothing was written: this was --dry-run." in ran.out
    assert "there is no terminal to ask on" in bare.ok("init").out
    assert not bare.git("status", "--porcelain", "--ignored")


@pytest.mark.parametrize("answers", ["none\nn\n", "\x03"])
def test_a_person_can_refuse(bare: Shop, answers: str) -> None:
    bare.git("remote", "remove", "origin")
    ours, theirs = pty.openpty()
    words = [sys.executable, "-m", "dataops", "init"]
    with subprocess.Popen(
        words, cwd=bare.root, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as ran:
        os.close(theirs)
        said = b""
        while b"Which CI system?" not in said:
            said += os.read(ours, 1024)
        os.write(ours, answers.encode() if answers != "\x03" else b"\x04")
        try:
            while chunk := os.read(ours, 1024):
                said += chunk
        except OSError:
            pass  # what Linux tells when the other end is closed
    os.close(ours)
    assert ran.returncode == (0 if answers != "\x03" else 130), said.decode()
    assert (b"you said no" in said) == (answers != "\x03")
    assert not bare.git("status", "--porcelain", "--ignored")


def test_what_is_there_is_never_overwritten(bare: Shop) -> None:
    there = {
        ".gitlab-ci.yml": "stages: [test, deploy]\n",
        ".pre-commit-config.yaml": "repos: []\n",
        "dataops.yml": "releases:\n  keep: 3\n",
        "setup.cfg": "[sqlfluff]\ndialect = duckdb\n",
    }
    for name, text in there.items():
        bare.write(name, text)
    bare.commit("theirs")
    ran = bare.ok("init", "--yes")
    assert {name: bare.read(name) for name in there} == there
    assert not (bare.root / ".sqlfluff").exists()
    assert set(bare.git("status", "--porcelain", "-uall").split()[1::2]) == {".gitignore", ".gitlab/dataops.yml"}
    assert "include: [{local: .gitlab/dataops.yml}]" in ran.out
    assert "        entry: dataops lint --base main" in ran.out


def test_a_file_that_appears_meanwhile_stays(bare: Shop) -> None:
    made = offer(look(bare.root, None, None, None), None, OWN)
    bare.write(made.drafts[0].path.name, "mine")
    with pytest.raises(ProjectError, match="changed in the meantime"):
        write(made.drafts)
    assert bare.read(made.drafts[0].path.name) == "mine"


def test_lines_are_added_with_the_line_ends_that_are_there(tmp_path: Path) -> None:
    file = tmp_path / ".gitignore"
    file.write_bytes(b"a\r\nb")
    write([appended(file, ["c", "d"])])
    assert file.read_bytes() == b"a\r\nb\r\n\r\nc\r\nd\r\n"
    assert not list(difference([], tmp_path))


# -- what is missing or several ---------------------------------------------------------------------------------------


def test_no_project_one_elsewhere_and_several(bare: Shop, tmp_path: Path) -> None:
    ran = Shop(tmp_path, tmp_path).run("init", "--project-dir", "tmp" if (tmp_path / "tmp").exists() else ".")
    assert (ran.code, "bare is\n" in ran.err) == (2, True)
    assert "hint: cd bare, or --project-dir bare" in ran.err
    shutil.copytree(bare.root, tmp_path / "more" / "other")
    shutil.copytree(bare.root, bare.root / "integration_tests")
    ran = Shop(tmp_path, tmp_path).run("init")
    assert ran.code == 2
    assert "holds several dbt projects: bare, more/other" in ran.err
    assert "dataops init --project-dir bare" in ran.err
    (tmp_path / "empty").mkdir()
    ran = Shop(tmp_path / "empty", tmp_path).run("init")
    assert (ran.code, "`dbt init` starts a new one" in ran.err) == (2, True)


def test_no_git(bare: Shop) -> None:
    shutil.rmtree(bare.root / ".git")
    ran = bare.run("init", "--yes")
    assert ran.code == 2
    assert "is in no git repository" in ran.err
    assert re.search(r"hint: git -C \S+ init, commit what is there, and run `dataops init` again", ran.err)
    assert not (bare.root / "dataops.yml").exists()


def test_without_its_profile_a_project_is_adopted_and_told_what_is_missing(
    bare: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    shutil.move(bare.root / "profiles", bare.root / "connections")
    ran = bare.ok("init", "--yes")
    assert "note: The profile `shop` is missing here: no profiles.yml in" in ran.out
    assert "    connections has it: dataops init --profiles-dir connections" in ran.out
    assert "needs the secret variables DBT_PROFILES_YML" in ran.out
    assert re.search(
        r"^10 SQL files; no more can be told, because dbt cannot read the project yet:", ran.out, re.MULTILINE
    )
    assert "dialect" not in bare.read(".sqlfluff")
    assert "target" not in bare.read("dataops.yml")


def test_a_project_in_a_folder(tmp_path: Path) -> None:
    shop = lay_out(tmp_path / "company", inside="data/shop", with_events=False)
    (shop.top / ".gitignore").unlink()
    shop.remove(".sqlfluff")
    seen = look(shop.root, None, None, None)
    assert (seen.inside, seen.base, seen.branch, seen.service) == ("data/shop", "main", "main", None)
    made = offer(seen, "github", OWN)
    assert [each.path.relative_to(shop.top).as_posix() for each in made.drafts] == [
        *("data/shop/dataops.yml", ".github/workflows/dataops-shop.yml", "data/shop/.sqlfluff"),
        *(".pre-commit-config.yaml", "data/shop/.gitignore"),
    ]
    hook = yaml.safe_load(made.drafts[3].after)["repos"][0]["hooks"][0]
    assert hook["entry"] == "dataops lint --base main --project-dir data/shop"
    assert re.search(hook["files"], "data/shop/models/marts/published.sql")
    assert not re.search(hook["files"], "models/marts/published.sql")
    shutil.move(shop.root / "profiles", shop.top / "data" / "connections")
    hook = yaml.safe_load(hooks(look(shop.root, shop.top / "data" / "connections", None, None)))[0]["hooks"][0]
    assert hook["entry"] == "dataops lint --base main --project-dir data/shop --profiles-dir data/connections"
    os.chdir(shop.top)
    shop.commit("moved")
    assert Shop(shop.top, shop.top).ok(*hook["entry"].split()[1:]).out == "Linted nothing: no SQL file changed\n"


def test_a_warehouse_needs_a_target_for_pull_requests_and_its_adapter(bare: Shop) -> None:
    bare.edit("profiles/profiles.yml", "    ci: {type: duckdb, path: ci.duckdb, threads: 2}\n", "")
    bare.write("profiles/profiles.yml", bare.read("profiles/profiles.yml").replace("duckdb", "snowflake"))
    seen = look(bare.root, None, None, None)
    made = offer(seen, None, Warehouse(adapters.releases("snowflake"), adapters.shares_target("snowflake")))
    told = "\n".join(sentence for sentence, _ in made.notes)
    assert "Pull requests need a target of their own: add `ci`" in told
    assert "Not installed here, so without a version in the workflow: dbt-snowflake" in told
    assert "No workflow file: no CI system" in told


def test_a_warehouse_without_such_a_target_is_described_all_the_same(bare: Shop) -> None:
    """And from another folder, the next command says where."""
    output = "{type: postgres, host: h, user: u, password: p, port: 1, dbname: d, schema: s}"
    bare.write("profiles/profiles.yml", f"shop:\n  target: live\n  outputs:\n    live: {output}\n")
    ran = Shop(bare.root.parent, bare.top).ok("init", "--yes", "--project-dir", "bare")
    assert "note: Pull requests need a target of their own" in ran.out
    assert re.search(r"^Models +9: ", ran.out, re.MULTILINE)
    assert ran.out.rstrip().endswith("dataops ci --base main --project-dir bare")


@pytest.mark.parametrize(
    ("written", "installed", "told"),
    [
        ('">=1.10.0"', "dbt-core==1.12.0", None),
        ('[">=1.0.0", "<2.0.0"]', "dbt-core==1.12.0", None),
        ("1.12.0", "dbt-core==1.12.0", None),
        ("\"{{ env_var('WHICH', '>=1.0.0') }}\"", "dbt-core==1.12.0", None),
        ('[">=1.11.0", "<1.12.0"]', "'dbt-core>=1.10,<1.14,>=1.11.0,<1.12.0' dbt-duckdb\n", "does not take dbt 1.12.0"),
        ('"=1.11.16"', "'dbt-core>=1.10,<1.14,==1.11.16' dbt-duckdb\n", "does not take dbt 1.12.0"),
        ('">=1.3.0,<1.10.0"', "dbt-core==1.12.0", "takes no dbt that dataops runs on, which is dbt-core>=1.10,<1.14"),
        ('">2.0.0"', "dbt-core==1.12.0", "takes no dbt that dataops runs on"),
    ],
)
def test_the_dbt_that_the_project_requires(bare: Shop, written: str, installed: str, told: str | None) -> None:
    bare.write("dbt_project.yml", bare.read("dbt_project.yml") + f"\nrequire-dbt-version: {written}\n")
    found = look(bare.root, None, None, None)
    found = dataclasses.replace(found, versions={**found.versions, "dbt-core": "1.12.0"})
    offered = offer(found, "github", OWN)
    (workflow,) = [each for each in offered.drafts if "workflows" in str(each.path)]
    assert installed in workflow.added
    notes = [text for text, _ in offered.notes if "dbt-core>" in text]
    assert len(notes) == bool(told)
    assert all(str(told) in each for each in notes)


def test_the_default_branch_is_the_remotes(bare: Shop, tmp_path: Path) -> None:
    bare.git("branch", "-m", "develop")
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "-q", bare.top, clone], check=True)
    subprocess.run(["git", "-C", clone, "switch", "-q", "-c", "feature"], check=True)
    subprocess.run(["git", "-C", clone, "branch", "-D", "-q", "develop"], check=True)
    seen = look(clone, None, None, None)
    assert (seen.branch, seen.base) == ("develop", "origin/develop")


def test_without_its_packages_the_hint_names_dbt_deps(bare: Shop) -> None:
    bare.write("packages.yml", "packages:\n  - package: dbt-labs/dbt_utils\n    version: 1.3.0\n")
    ran = bare.ok("init", "--yes")
    assert "dbt cannot read the project yet" in ran.out
    assert "    hint: run `dbt deps` in the project" in ran.out
    assert "dbt_packages/" in bare.read(".gitignore")
    assert "run: dbt deps" not in ran.out  # GitLab's
    assert "- dbt deps" in bare.read(".gitlab-ci.yml")


def test_an_adapter_is_served_by_the_engine_that_its_name_promises(fresh: Shop) -> None:
    project = fresh.project()
    targets = fresh.targets(project)
    assert adapters.releases("duckdb")
    for adapter, holds in adapters.CAPABILITIES.items():
        here = adapter == targets.adapter
        other = targets if here else Targets(adapter, targets.production, targets.parsing)
        assert registry.engine_of(project, other).capabilities is holds
        assert adapters.releases(adapter) == (holds.trial == "tried for real")
    for adapter, (_, why) in {"teradata": ("", "docs/engines.md lists"), **adapters.REFUSED}.items():
        assert not adapters.releases(adapter)
        # A lake is served by dbt's adapter for DuckDB, and is no file.
        served_by = "duckdb" if adapter == "ducklake" else adapter
        refusing = registry.engine_of(project, Targets(served_by, targets.production, targets.parsing))
        assert refusing.capabilities.atomic == "no releases"
        assert [why in note.text for note in refusing.notes(None)] == [True] * (adapter in adapters.REFUSED)
        with pytest.raises(SettingsError, match=re.escape(why)) as refusal:
            refusing.ensure_releases()
        assert "dataops build" in refusal.value.remedy


def test_an_editor_finds_the_schema_where_dataops_is_installed_in_the_repository(bare: Shop) -> None:
    first = settings(look(REPOSITORY, None, None, None)).splitlines()[0]
    assert first == (REPOSITORY / "dataops.yml").read_text(encoding="utf-8").splitlines()[0]
    assert "$schema" not in settings(look(bare.root, None, None, None))
