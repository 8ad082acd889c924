"""Tests are added to YAML files: nothing that is there changes, or the file is refused."""

from __future__ import annotations

import difflib
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from dataops.errors import DataopsError, ProjectError
from dataops.sheets.files import File, write
from dataops.sheets.lines import flow
from dataops.suggest import files
from dataops.suggest.edit import added_to
from dataops.suggest.files import Merged
from dataops.suggest.proposal import Proposal
from dataops.suggest.render import Addition

REPOSITORY = Path(__file__).resolve().parents[3]
VALUES = {"values": ["yes", "1", "a: b", "x,y", "über", "it's", "# no comment", ""]}
MONITOR = Proposal("m", None, "pkg.volume", {"timestamp_column": '"order"'}, "")
ACCEPTED = Proposal("m", "status", "accepted_values", VALUES, "")
FULL = Proposal("m", "status", "not_null", {}, "")
NEW = Proposal("m", "Größe", "not_null", {}, "", quoted=True)


def every(name: str, section: str = "models", source: str | None = None) -> Addition:
    return Addition(section, source, name, (MONITOR,), {"status": (FULL, ACCEPTED), "Größe": (NEW,)})


def lost(before: str, after: str) -> list[str]:
    """Lines that are no longer there, other than those with something inserted."""
    lines = difflib.ndiff(before.splitlines(True), after.splitlines(True))
    return [line[2:] for line in lines if line.startswith("- ")]


def kept(before: str, after: str) -> bool:
    """Whether every character is still there, in its order."""
    rest = iter(after)
    return all(mark in rest for mark in before)


CASES = {
    "nothing but a name": "models:\n  - name: m\n",
    "a list that is not indented": "models:\n- name: m\n  columns:\n  - name: status\n    tests:\n    - unique\n",
    "four columns": "models:\n    - name: m\n      columns:\n          - name: status\n",
    "comments": "# a\nmodels:  # b\n  # c\n  - name: m  # d\n    # e\n    columns:  # f\n      - name: status  # g\n"
    "        # h\n      # i\n  # j\n  - name: n\n# k\n",
    "inline": "models:\n  - name: m\n    columns:\n      - {name: status, data_tests: [unique, ]}  # x\n",
    "inline over lines": "models:\n  - name: m\n    columns:\n      - {name: status, # x\n         data_tests: [\n"
    "           unique # y\n         ]}\n",
    "carriage returns": "models:\r\n  - name: m\r\n    columns:\r\n      - name: status\r\n        description: x\r\n",
    "no line at the end": "models:\n  - name: m\n    columns:\n      - name: status",
    "an empty list of tests": "models:\n  - name: m\n    columns:\n      - name: status\n        data_tests:\n"
    "      - name: z\n",
    "Jinja": "models:\n  - name: m\n    description: '{{ doc(\"x\") }}'\n    columns:\n      - name: status\n"
    "        description: >-\n          {{ x }}\n\n          # no comment\n\n\n  - name: n\n",
    "a text that keeps its end": "models:\n  - name: m\n    columns:\n      - name: status\n        description: |+\n"
    "          x\n",
    "an anchor": "x: &x {a: 1}\nmodels:\n  - name: m\n    meta: *x\n    columns:\n      - name: status\n"
    "        meta: *x\n",
    "other case": "models:\n  - name: m\n    columns:\n      - name: STATUS\n",
    "tests before columns": "models:\n  - name: m\n    data_tests:\n      - a:\n          x: 1\n    columns: []\n",
    "only comments": "# nothing yet\n",
    "another section": "seeds:\n  - name: s\n",
    "a mark for the order of bytes": "\ufeffmodels:\n  - name: m\n",
}  # fmt: skip
REFUSED = {
    "tests shared by an anchor": "models:\n  - name: m\n    columns:\n      - name: status\n        data_tests: &t\n"
    "          - unique\n      - name: z\n        data_tests: *t\n",
    "a column shared by an anchor": "models:\n  - name: n\n    columns: &c\n      - name: status\n  - name: m\n"
    "    columns: *c\n",
    "a merge key": "x: &x {data_tests: [unique]}\nmodels:\n  - name: m\n    columns:\n      - name: status\n"
    "        <<: *x\n",
    "all inline": "models: [{name: m, columns: [{name: status}]}]\n",
    "no YAML": "models: [\n",
    "a tab": "models:\n\t- name: m\n",
    "tests that are none": "models:\n  - name: m\n    columns:\n      - name: status\n        data_tests: unique\n",
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_file_keeps_all_that_it_says(name: str) -> None:
    text = CASES[name]
    if name == "tests before columns":
        text = text.replace("columns: []", "columns:\n      - name: z")
    new = added_to(text, [every("m")], "x.yml")
    changed = lost(text, new)
    assert all("inline" in name or "[" in line or not line.endswith("\n") for line in changed), changed
    assert kept(text, new)
    if "\r\n" in text:
        assert new.count("\n") == new.count("\r\n")
    (model,) = (each for each in yaml.safe_load(new)["models"] if each["name"] == "m")
    columns = {each["name"].lower(): each for each in model["columns"]}
    key = "tests" if "    tests:" in text else "data_tests"
    assert columns["status"][key][-2:] == ["not_null", {"accepted_values": {"arguments": VALUES}}]
    assert columns["größe"] == {"name": "Größe", "quote": True, key: ["not_null"]}
    assert model[key][-1] == {"pkg.volume": {"arguments": {"timestamp_column": '"order"'}}}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_added_to_is_refused(name: str) -> None:
    with pytest.raises(DataopsError, match=r"x\.yml"):
        added_to(REFUSED[name], [every("m")], "x.yml")


def test_files_of_this_project_can_be_added_to() -> None:
    paths = [*REPOSITORY.glob("models/fraud/**/*.yml"), *REPOSITORY.glob("tools/tests/projects/**/models/**/*.yml")]
    added = 0
    for path in paths:
        text = path.read_text(encoding="utf-8")
        document = yaml.safe_load(text)
        additions = [every(node["name"]) for node in document.get("models", ()) if "versions" not in node]
        additions += [
            every(table["name"], "sources", source["name"])
            for source in document.get("sources", ())
            for table in source["tables"]
        ]
        if additions and "columns: *" in text:
            with pytest.raises(DataopsError, match="an alias"):
                added_to(text, additions, "x")
        elif additions:
            changed = lost(text, added_to(text, additions, "x"))
            assert all("[" in line or "{" in line for line in changed), path
            added += len(additions)
    assert added > 20


_NAMES = st.sampled_from(["status", "Größe", "other", "z"])
_TESTS = st.lists(
    st.sampled_from(["unique", "not_null", {"accepted_values": {"values": ["a"]}}]), min_size=1, max_size=3
)


@given(st.data())
def test_any_layout_is_kept_or_refused(data: st.DataObject) -> None:
    """A random file, line by line: block or inline, with comments, blank lines and any indentation."""
    draw = data.draw
    pad, dash = draw(st.integers(1, 4)), draw(st.sampled_from([0, 2]))
    key = draw(st.sampled_from(["data_tests", "tests"]))
    lines = ["models:"]
    at = " " * dash
    for name in draw(st.permutations(["m", "n"])):
        lines += [f"{at}-{' ' * pad}name: {name}"]
        inner = " " * (dash + 1 + pad)
        names = draw(st.lists(_NAMES, unique=True, max_size=3))
        if draw(st.booleans()):
            lines += [f"{inner}description: {draw(st.sampled_from(['x', '>', '|', '|-']))}"]
            lines += [
                f"{inner}  {word}" for word in ("text", "# of more", "", "lines") if lines[-1][-1] in ">|-" or inner
            ]
        if names:
            lines += [f"{inner}columns:{draw(st.sampled_from(['', '  # c']))}"]
        for each in names:
            tests = draw(_TESTS)
            if draw(st.booleans()):
                lines += [f"{inner}{at}- {{name: {each}, {key}: {flow(tests)}}}"]
                continue
            lines += [f"{inner}{at}- name: {each}"]
            if draw(st.booleans()):
                lines += [f"{inner}{at}  {key}:", *(f"{inner}{at}  {at}- {flow(test)}" for test in tests)]
    text = lines[0]
    for line in lines[1:]:
        text += draw(st.sampled_from(["\n", "\n", "\n\n", "  # why\n", "\n# left\n"])) + line
    text += draw(st.sampled_from(["", "\n", "\n\n# end\n"]))
    text = text.replace("\n", "\r\n") if draw(st.booleans()) else text
    try:
        before = yaml.safe_load(text)
    except yaml.YAMLError:
        return
    new = added_to(text, [every("m")], "x.yml")
    assert kept(text, new)
    (other,) = (each for each in before["models"] if each["name"] == "n")
    assert other in yaml.safe_load(new)["models"]


def test_all_files_are_judged_before_one_is_written(tmp_path: Path) -> None:
    facts = {"resource_type": "model", "package_name": "p", "version": None, "patch_path": None}
    nodes = {name: SimpleNamespace(name=name, original_file_path=f"{name}.sql", **facts) for name in ("a", "m")}
    manifest = SimpleNamespace(sources={}, nodes=nodes)
    (tmp_path / "m.yml").write_text(REFUSED["a merge key"], encoding="utf-8")
    proposals = [Proposal("a", "x", "unique", {}, ""), Proposal("m", "status", "unique", {}, "")]
    with pytest.raises(DataopsError, match=r"m\.yml"):
        files.merged(tmp_path, "p", manifest, proposals)
    assert [path.name for path in tmp_path.iterdir()] == ["m.yml"]

    write(tmp_path, files.merged(tmp_path, "p", manifest, proposals[:1]).files)
    column = {"name": "x", "data_tests": ["unique"]}
    assert yaml.safe_load((tmp_path / "a.yml").read_text()) == {"models": [{"name": "a", "columns": [column]}]}
    changed = Merged((File(Path("a.yml"), b"what was read", b"new"), File(Path("b.yml"), None, b"new")))
    with pytest.raises(ProjectError, match="changed in the meantime; nothing was written"):
        write(tmp_path, changed.files)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.yml", "m.yml"]
