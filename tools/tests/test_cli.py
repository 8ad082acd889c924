"""Exit codes and error messages, by running the command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from dataops.errors import OF_DISKS
from tests.holding import held
from tests.shop import Shop, refused

# -- the command as a process ---------------------------------------------------------------------------------------


def test_a_harmless_change_is_ready(shop: Shop) -> None:
    shop.publish(2)
    ran = shop.command("ci")
    assert ran.code == 0, ran.err
    assert ran.err == ""
    assert "Ready: everything that this change reaches" in ran.out


@pytest.mark.parametrize("words", [("deploy",), ("ci",)])
def test_a_locked_production_is_named(shop: Shop, words: tuple[str, ...]) -> None:
    shop.publish(2)
    before = shop.digest()
    with held(shop.production) as holder:
        ran = shop.run(*words)
    refused(ran, "prod.duckdb", "locked by another process", str(holder))
    assert shop.digest() == before


_STARTED = "copy (select 1) to 'started.csv'"
_LONG = "select count(*) as edition from range({0}) as a, range({0}) as b where a.range < b.range"


def _waiting_model(shop: Shop) -> None:
    # dbt-duckdb cannot stop a statement that a thread runs, so this one has to end.
    shop.write("models/marts/published.sql", f'{{{{ config(pre_hook="{_STARTED}") }}}}\n{_LONG.format(30_000)}\n')


def _waiting_hook(shop: Shop) -> None:
    shop.edit("dbt_project.yml", "models:\n", 'on-run-start: ["{{ waited() }}"]\n\nmodels:\n')
    query = f"{{% do run_query(\"{_STARTED}\") %}}{{% do run_query('{_LONG.format(4_000_000)}') %}}"
    shop.write(
        "macros/waited.sql", f"{{% macro waited() %}}{{% if execute %}}{query}{{% endif %}}select 1{{% endmacro %}}\n"
    )


@pytest.mark.parametrize("wait", [_waiting_model, _waiting_hook])
def test_interrupting_ends_with_130(shop: Shop, wait: Callable[[Shop], None]) -> None:
    before = shop.digest()
    wait(shop)
    # Where the tests themselves run in the background, a process starts with the signal ignored.
    code = (
        "import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
        "from dataops.cli import main; main(['deploy'])"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], cwd=shop.root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            while not any("started.csv" in files for _, _, files in os.walk(shop.top)):
                assert process.poll() is None, process.communicate()
                time.sleep(0.05)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=120)
        finally:
            process.kill()
    assert process.returncode == 130, out + err
    assert "Traceback" not in out + err
    assert shop.digest() == before


def test_no_project_is_one_line_and_a_remedy(tmp_path: Path) -> None:
    ran = Shop(tmp_path, tmp_path).command("plan")
    refused(ran, str(tmp_path), "--project-dir")


# -- the same, in this process --------------------------------------------------------------------------------------


def test_a_failing_test_is_not_ready(shop: Shop) -> None:
    shop.edit("seeds/payments.csv", "100,10,1200", "100,10,-1200")
    ran = shop.run("ci")
    assert ran.code == 1, ran.out + ran.err
    assert "Not ready: 1 test failed" in ran.out
    assert "FAIL no_negative_amounts tests/no_negative_amounts.sql" in ran.out


def test_a_syntax_error_cannot_run(shop: Shop) -> None:
    shop.write("models/marts/published.sql", "selec 1 as edition\n")
    ran = shop.run("ci")
    refused(ran, "models/marts/published.sql", "selec")
    assert "Not ready: 1 node could not be built" in ran.out


def test_a_lint_finding_fails_lint_and_ci(shop: Shop) -> None:
    shop.write("models/marts/published.sql", "SELECT 2 as edition\n")
    ran = shop.run("lint")
    assert ran.code == 1
    assert "models/marts/published.sql:1:10 CP01" in ran.out
    ran = shop.run("ci")
    assert ran.code == 1
    assert "Not ready: 1 lint finding" in ran.out


def test_lint_that_does_not_block_is_only_shown(shop: Shop) -> None:
    shop.write("dataops.yml", "lint: {blocking: false}\n")
    shop.write("models/marts/published.sql", "SELECT 2 as edition\n")
    ran = shop.ok("ci")
    assert "CP01" in ran.out


def test_a_syntax_error_stops_a_deploy(shop: Shop) -> None:
    before = shop.digest()
    shop.write("models/marts/published.sql", "selec 1 as edition\n")
    ran = shop.run("deploy")
    assert ran.code == 2
    assert "models/marts/published.sql" in ran.out
    assert shop.digest() == before


def test_no_profile(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    shop.remove("profiles/profiles.yml")
    refused(shop.run("plan"), "profiles.yml", str(shop.root), "--profiles-dir")


def test_an_unknown_profile_lists_those_there_are(shop: Shop) -> None:
    shop.edit("dbt_project.yml", "profile: shop", "profile: store")
    refused(shop.run("plan"), "profile `store`", "it has: shop")


def test_an_unknown_target_lists_those_there_are(shop: Shop) -> None:
    refused(shop.run("plan", "--target", "live"), "no target `live`", "dev, ci, prod")


@pytest.mark.parametrize(
    ("file", "text", "named"),
    [
        ("dbt_project.yml", "name: [shop\n", "dbt_project.yml"),
        ("dbt_project.yml", "profile: shop\n", "dbt_project.yml"),
        ("dbt_project.yml", "name: shop\nprofile: shop\nmodel-paths: models\nmodels: 3\n", "dbt_project.yml"),
        ("models/staging/staging.yml", "models:\n  - name: [stg\n", "staging.yml"),
        ("models/staging/staging.yml", "models:\n  - nam: stg_orders\n", "staging.yml"),
        ("profiles/profiles.yml", "shop: {target: [\n", "profiles.yml"),
        ("profiles/profiles.yml", "shop: {target: dev}\n", "profiles.yml"),
        ("profiles/profiles.yml", "- shop\n", "profiles.yml"),
        ("dataops.yml", "state: [\n", "dataops.yml"),
        ("models/staging/stg_orders.sql", "select * from {{ ref('nothing') }}\n", "stg_orders.sql"),
        ("models/staging/stg_orders.sql", "select {{ 1 \n", "stg_orders.sql"),
        ("macros/cents_to_euros.sql", "{% macro cents_to_euros(column) %}{{ 1 + }}{% endmacro %}\n", "cents_to_euros"),
    ],
)
@pytest.mark.parametrize("command", ["plan", "ci"])
def test_a_broken_file_is_named(shop: Shop, command: str, file: str, text: str, named: str) -> None:
    shop.write(file, text)
    refused(shop.run(command), named)


def test_an_unknown_setting_lists_the_known_ones(shop: Shop) -> None:
    shop.write("dataops.yml", "stat: somewhere\n")
    refused(
        shop.run("plan"),
        "unknown key `stat`",
        "did you mean `state`?",
        "alert, breaker, check, ci, diff, history, lint, orchestrate, parser, production, releases, report, state",
    )


def test_an_unknown_option_and_command(shop: Shop) -> None:
    refused(shop.run("plan", "--nothing"), "--nothing")
    refused(shop.run("plann"), "plann")


def test_vars_that_are_no_mapping(shop: Shop) -> None:
    refused(shop.run("plan", "--vars", "[1, 2]"), "--vars")
    refused(shop.run("plan", "--vars", "{a: ["), "--vars")


def test_no_release_and_no_base(fresh: Shop) -> None:
    refused(fresh.run("plan"), "no release is stored in .dataops/state", "--base main")


def test_an_unknown_revision(shop: Shop) -> None:
    refused(shop.run("plan", "--base", "nowhere"), "nowhere", "fetch")


def test_base_outside_git(shop: Shop) -> None:
    (shop.top / ".git").rename(shop.top / "not-git")
    refused(shop.run("plan", "--base", "main"), str(shop.root), "no git repository")


def test_no_traceback_for_a_defect_of_ours(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("over\nnothing")

    shop.publish(2)
    monkeypatch.setattr("dataops.plan.planning.plan", broken)
    ran = shop.run("plan")
    assert ran.code == 2
    assert "ZeroDivisionError: over nothing" in ran.err
    assert "Traceback" not in ran.out + ran.err
    log = Path(ran.err.split("report it with ")[1].strip())
    assert "Traceback" in log.read_text(encoding="utf-8")
    log.unlink()


@pytest.mark.parametrize("number", OF_DISKS)
def test_what_a_disk_refuses_is_no_defect(number: int, shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuses(*_: object) -> None:
        raise OSError(number, "it cannot", "some/file")

    monkeypatch.setattr("dataops.commands.change.open_project", refuses)
    shop.publish(2)
    refused(shop.run("plan"), "cannot use some/file: it cannot", OF_DISKS[number])


# -- damaged state --------------------------------------------------------------------------------------------------


def _truncated(shop: Shop) -> None:
    content = shop.bundle.read_bytes()
    shop.bundle.write_bytes(content[: len(content) // 2])


def _flipped(shop: Shop) -> None:
    content = bytearray(shop.bundle.read_bytes())
    content[len(content) // 2] ^= 1
    shop.bundle.write_bytes(bytes(content))


def _missing(shop: Shop) -> None:
    shop.bundle.unlink()


def _of_the_future(shop: Shop) -> None:
    shop.write(".dataops/state/current.json", json.dumps({**shop.pointer(), "format": 99}))


def _not_json(shop: Shop) -> None:
    shop.write(".dataops/state/current.json", "live: 7\n")


def _not_a_pointer(shop: Shop) -> None:
    shop.write(".dataops/state/current.json", '{"format": 1}')


def _no_mapping(shop: Shop) -> None:
    shop.write(".dataops/state/current.json", "[1]")


DAMAGES = [_truncated, _flipped, _missing, _of_the_future, _not_json, _not_a_pointer, _no_mapping]


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("command", ["plan", "ci"])
def test_damaged_state_is_named(shop: Shop, command: str, damage: object) -> None:
    live = shop.live
    assert callable(damage)
    damage(shop)
    named = live if damage in (_truncated, _flipped, _missing) else "current.json"
    refused(shop.run(command), named)


@pytest.mark.parametrize("damage", [_truncated, _flipped, _missing, _not_json, _not_a_pointer, _no_mapping])
def test_damaged_state_stops_no_deploy(editions: Shop, damage: object) -> None:
    assert callable(damage)
    damage(editions)
    editions.publish(2)
    editions.ok("deploy")
    assert editions.edition() == 2
    assert editions.plan()["changes"] == []
    editions.ok("rollback")
    assert editions.edition() == 1


def test_state_of_a_newer_format_is_not_overwritten(editions: Shop) -> None:
    before = editions.digest()
    _of_the_future(editions)
    editions.publish(2)
    refused(editions.run("deploy"), "format 99", "newer")
    assert editions.pointer()["format"] == 99
    assert editions.digest() == before


def test_a_bundle_of_a_newer_format_inside(shop: Shop) -> None:
    import hashlib

    with zipfile.ZipFile(shop.bundle) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    files["bundle.json"] = json.dumps({**json.loads(files["bundle.json"]), "format": 99}).encode()
    with zipfile.ZipFile(shop.bundle, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    pointer = {**shop.pointer(), "sha256": hashlib.sha256(shop.bundle.read_bytes()).hexdigest()}
    shop.write(".dataops/state/current.json", json.dumps(pointer))
    refused(shop.run("plan"), "format 99", "newer")


def test_artifacts_that_are_no_manifest(shop: Shop) -> None:
    shop.write("artifacts/manifest.json", "{")
    refused(shop.run("plan", "--state", "artifacts"), "artifacts/manifest.json")
    shop.write("artifacts/manifest.json", '{"metadata": {}}')
    refused(shop.run("plan", "--state", "artifacts"), "artifacts/manifest.json")


def test_a_state_that_nothing_installed_can_read(shop: Shop) -> None:
    refused(shop.run("plan", "--state", "nosuch://bucket/state"), "nosuch://bucket/state")
