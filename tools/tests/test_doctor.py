"""`doctor` finds what is broken, and says how to mend it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.holding import held
from tests.shop import Shop, refused


def _checks(shop: Shop, code: int) -> dict[str, tuple[str, str]]:
    ran = shop.run("doctor", "--format", "json")
    assert ran.code == code, ran.out + ran.err
    return {check["name"]: (check["status"], check["finding"] + " " + check["remedy"]) for check in ran.json["checks"]}


def test_a_healthy_project(shop: Shop) -> None:
    shop.write("dataops.yml", "lint: {blocking: true}\n")
    checks = _checks(shop, 0)
    assert {status for status, _ in checks.values()} == {"ok"}
    assert set(checks) >= {"dbt-core", "duckdb", "project", "profile", "targets", "parse", "production", "state", "git"}
    assert shop.live in checks["state"][1]
    out = shop.ok("doctor").out
    assert "duckdb answers" in out
    assert "broken" not in out


def test_before_the_first_release(fresh: Shop) -> None:
    fresh.production.unlink()
    checks = _checks(fresh, 0)
    assert checks["production"][0] == "note"
    assert "does not exist yet" in checks["production"][1]
    assert checks["state"][0] == "note"
    assert "dataops deploy" in checks["state"][1]
    assert not fresh.production.exists()


def test_outside_git(shop: Shop) -> None:
    (shop.top / ".git").rename(shop.top / "not-git")
    assert _checks(shop, 0)["git"][0] == "note"


def test_secrets_that_production_requires(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """Set but empty is what a workflow makes of a secret that nobody gave it."""
    monkeypatch.delenv("PEPPER", raising=False)
    monkeypatch.setenv("SALT", "")
    shop.write("dataops.yml", "production: {target: prod, requires: [SALT, PEPPER]}\n")
    status, text = _checks(shop, 1)["secrets"]
    assert status == "broken"
    assert "SALT, PEPPER" in text
    live = shop.live
    refused(shop.run("deploy"), "production requires SALT, PEPPER, which are not set", "production.requires")
    refused(shop.run("build", "--target", "prod", "-s", "published"), "production requires SALT")
    assert shop.live == live
    shop.ok("build", "-s", "published")
    monkeypatch.setenv("SALT", "secret")
    monkeypatch.setenv("PEPPER", "secret")
    assert _checks(shop, 0)["secrets"] == ("ok", "set: SALT, PEPPER ")
    assert "secret" not in shop.ok("doctor").out.replace("secrets", "")


def test_a_locked_production(shop: Shop) -> None:
    with held(shop.production) as holder:
        status, text = _checks(shop, 1)["production"]
    assert status == "broken"
    assert f"PID {holder}" in text


def test_a_production_that_is_no_database(shop: Shop) -> None:
    shop.production.write_bytes(b"not a database" * 1000)
    status, text = _checks(shop, 1)["production"]
    assert status == "broken"
    assert "prod.duckdb" in text


def test_a_project_that_does_not_parse(shop: Shop) -> None:
    shop.write("models/marts/published.sql", "select * from {{ ref('nothing') }}\n")
    checks = _checks(shop, 1)
    assert checks["parse"][0] == "broken"
    assert "published" in checks["parse"][1]
    assert checks["state"][0] == "ok"


def test_targets_that_are_not_there(shop: Shop) -> None:
    shop.write("dataops.yml", "production: {target: live}\n")
    status, text = _checks(shop, 1)["targets"]
    assert status == "broken"
    assert "no target `live`" in text


def test_damaged_state(shop: Shop) -> None:
    shop.bundle.write_bytes(shop.bundle.read_bytes()[:-1])
    status, text = _checks(shop, 1)["state"]
    assert status == "broken"
    assert "damaged" in text
    assert "dataops deploy" in text
    out = shop.run("doctor").out
    assert "broken state" in out
    assert "→ " in out


def test_an_adapter_that_is_not_installed(shop: Shop) -> None:
    shop.edit("profiles/profiles.yml", "prod: {type: duckdb, path: prod.duckdb", "prod: {type: oracle, path: x")
    ran = shop.run("doctor", "--format", "json")
    assert ran.code in (1, 2)
    assert "oracle" in ran.out + ran.err
    assert "Traceback" not in ran.out + ran.err
    assert "defect of dataops" not in ran.err


def test_settings_that_cannot_be_read(shop: Shop) -> None:
    shop.write("dataops.yml", "stat: x\n")
    refused(shop.run("doctor"), "unknown key `stat`")


@pytest.mark.parametrize("module", ["dataops.cli", "dataops.config", "dataops.store.state"])
def test_what_needs_no_dbt_does_not_import_it(module: str, tmp_path: Path) -> None:
    code = f"import sys, {module}; sys.exit('dbt' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=tmp_path, check=False).returncode == 0
