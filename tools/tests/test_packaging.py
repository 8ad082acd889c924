"""`dataops package`: what it writes is a dbt package that installs offline, and nobody's edit is lost."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import pytest

from dataops.cli import main
from dataops.commands import package as packaging
from dataops.errors import SettingsError
from tests.monitors.package import PACKAGE

SHIPPED = sorted(place.relative_to(PACKAGE) for place in PACKAGE.rglob("*") if place.suffix in (".sql", ".yml"))


def test_the_command_says_what_packages_yml_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    # That `dbt deps` takes what was written, and that its tests run, is in tests/monitors/test_monitors.py.
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main(["package", "--to", "packages/dataops_toolkit"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.endswith("packages:\n  - local: packages/dataops_toolkit\n")
    assert (tmp_path / "packages" / "dataops_toolkit" / "dbt_project.yml").is_file()


def test_every_file_of_the_package_is_written_and_again(tmp_path: Path) -> None:
    for _ in range(2):
        assert packaging.write(tmp_path / "a" / "b") == len(SHIPPED)
        found = {place.relative_to(tmp_path / "a" / "b") for place in (tmp_path / "a" / "b").rglob("*.*")}
        assert found == {*SHIPPED, Path(packaging.RECORD)}
    assert all((tmp_path / "a" / "b" / each).read_bytes() == (PACKAGE / each).read_bytes() for each in SHIPPED)


def test_an_edited_file_is_not_overwritten(tmp_path: Path) -> None:
    packaging.write(tmp_path)
    edited, missing = tmp_path / SHIPPED[1], tmp_path / SHIPPED[0]
    edited.write_text("mine", encoding="utf-8")
    missing.unlink()
    with pytest.raises(SettingsError, match="was edited since it was written"):
        packaging.write(tmp_path)
    assert edited.read_text(encoding="utf-8") == "mine"
    assert not missing.exists(), "nothing is changed when something is refused"


def test_a_file_of_somebody_else_is_not_overwritten(tmp_path: Path) -> None:
    (tmp_path / "dbt_project.yml").write_text("name: mine", encoding="utf-8")
    with pytest.raises(SettingsError, match=r"dbt_project\.yml was not written by this command"):
        packaging.write(tmp_path)
    with pytest.raises(SettingsError, match=r"dbt_project\.yml is a file"):
        packaging.write(tmp_path / "dbt_project.yml" / "inside")
    (tmp_path / "dbt_project.yml").unlink()
    (tmp_path / packaging.RECORD).write_text("[]", encoding="utf-8")
    with pytest.raises(SettingsError, match="cannot be read"):
        packaging.write(tmp_path)


def test_an_earlier_version_is_replaced_and_what_it_had_besides_goes(tmp_path: Path) -> None:
    packaging.write(tmp_path)
    record = json.loads((tmp_path / packaging.RECORD).read_text(encoding="utf-8"))
    for name in ("macros/gone.sql", SHIPPED[0].as_posix()):
        (tmp_path / name).write_text("of an earlier version", encoding="utf-8")
        record["files"][name] = [hashlib.sha256(b"of an earlier version").hexdigest()]
    (tmp_path / packaging.RECORD).write_text(json.dumps(record), encoding="utf-8")
    packaging.write(tmp_path)
    assert not (tmp_path / "macros" / "gone.sql").exists()
    assert (tmp_path / SHIPPED[0]).read_bytes() == (PACKAGE / SHIPPED[0]).read_bytes()


def test_a_run_that_was_killed_can_be_repeated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    packaging.write(tmp_path)
    place = tmp_path / SHIPPED[0]
    place.write_text("of an earlier version", encoding="utf-8")
    record = json.loads((tmp_path / packaging.RECORD).read_text(encoding="utf-8"))
    record["files"][SHIPPED[0].as_posix()] = [hashlib.sha256(b"of an earlier version").hexdigest()]
    (tmp_path / packaging.RECORD).write_text(json.dumps(record), encoding="utf-8")
    replace = packaging._replace

    def until_the_first(target: Path, data: bytes) -> None:
        if target == place:
            raise KeyboardInterrupt
        replace(target, data)

    monkeypatch.setattr(packaging, "_replace", until_the_first)
    with pytest.raises(KeyboardInterrupt):
        packaging.write(tmp_path)
    monkeypatch.undo()
    assert packaging.write(tmp_path) == len(SHIPPED)
