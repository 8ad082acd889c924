"""`check`: only what is new, rules of the project's own, mistakes in words, and its place in `ci` and in the docs."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from xml.etree import ElementTree

import pytest

from dataops import config
from dataops.check.checking import Base, Conventions
from dataops.check.own import rules
from dataops.check.presets import enforced
from dataops.commands import change
from dataops.config import Checks
from dataops.output import conventions
from dataops.store.state import State
from tests.applications.sample import Released
from tests.shop import Shop, normalised, refused
from tests.test_docs import REPOSITORY
from tests.written import valid

MART = "models/marts/fct_late.sql"
PAST_STAGING = "select * from {{ source('app', 'events') }}\n"


def _found(document: Any) -> set[tuple[str, str]]:
    return {(each["rule"], each["unique_id"].split(".", 2)[2]) for each in document["findings"]}


def test_only_what_is_new_counts(shop: Shop) -> None:
    shop.edit("models/marts/fct_events.sql", "select", "-- an edit\nselect")
    out = shop.ok("check").out
    assert re.fullmatch(r"Checked 16 nodes by 11 rules of light: no new findings, 13 that release \S+ has too\n", out)
    shop.write(MART, PAST_STAGING)
    ran = shop.run("check", "--format", "json")
    assert ran.code == 1
    valid("check", ran.json)
    own = {
        ("only_staging_reads_sources", "fct_late"),
        ("keys_are_tested", "fct_late"),
        ("models_are_described", "fct_late"),
    }
    assert _found(ran.json) == own
    assert ran.json["known"] == 13
    # The same findings, once they are production's, or the base's.
    shop.commit()
    shop.edit("models/marts/fct_events.sql", "-- an edit", "-- another")
    assert shop.ok("check", "--base", "main").out.count("no new findings, 16") == 1
    everything = shop.run("check", "--all", "--format", "json")
    assert everything.code == 1
    assert len(everything.json["findings"]) == 16
    assert own < _found(everything.json)


def test_a_finding_is_known_wherever_it_moves_and_another_of_the_same_node_is_new(shop: Shop) -> None:
    shop.write(MART, PAST_STAGING)
    shop.edit("models/staging/staging.yml", "      - name: events\n", "      - name: events\n      - name: clicks\n")
    shop.commit()
    shop.write(MART, "\n\n" + PAST_STAGING)
    shop.ok("check", "--base", "main")
    shop.write(MART, PAST_STAGING + "union all select * from {{ source('app', 'clicks') }}\n")
    ran = shop.run("check", "--base", "main", "--format", "json")
    assert [(each["subject"], each["line"]) for each in ran.json["findings"]] == [("source.shop.app.clicks", 2)]


def test_warnings_do_not_fail_and_a_new_rule_finds_nothing_old(shop: Shop) -> None:
    shop.write("models/marts/fct_more.sql", "select 1 as id\n")
    ran = shop.ok("check")
    assert "warn keys_are_tested" in ran.out
    assert "2 new findings" in ran.out
    shop.remove("models/marts/fct_more.sql")
    shop.write("dataops.yml", "check: {preset: strict}\n")
    assert "no new findings" in shop.ok("check").out
    assert shop.run("check", "--all").code == 1


def test_without_a_base(fresh: Shop) -> None:
    refused(fresh.run("check"), "no release is stored", "--base main")
    assert "13 findings" in fresh.ok("check", "--all").out


def test_a_base_that_dbt_cannot_read(shop: Shop) -> None:
    text = shop.read("models/marts/published.sql")
    shop.write("models/marts/published.sql", "{% if %}\n")
    shop.commit()
    shop.write("models/marts/published.sql", text)
    out = shop.ok("check", "--base", "main").out
    assert re.search(r"13 findings, all taken for new, as revision main \(\w+\) cannot be read", out)


def test_artifacts_of_dbt_are_a_base(shop: Shop) -> None:
    manifest = State(str(shop.root / ".dataops/state")).bundle()
    assert manifest is not None
    shop.write("prod/manifest.json", (manifest.read("manifest.json") or b"").decode())
    assert "artifacts prod has too" in shop.ok("check", "--state", "prod").out


RULE = '''
from dataops.check import Problem, rule

@rule(mend="sell it", light="warn")
def editions_are_sold(model, *, most=1):
    """An edition that is not sold is lost."""
    if model.name == "published":
        {body}
'''


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("return 'x' + most", "dataops_rules/own.py:8: rule editions_are_sold on model.shop.published: TypeError"),
        ("yield [", "dataops_rules/own.py:8: SyntaxError"),
        ("pass\nraise OSError('disk')", "dataops_rules/own.py:9: OSError: disk"),
        ("pass\n@rule(mend='x')\ndef y(model): pass", "dataops_rules/own.py:9: rule y has no docstring"),
        ("pass\n@rule(mend='x')\ndef y(table):\n  'Why.'", "rule y judges no kind of node"),
        ("pass\n@rule(mend='x')\ndef y(model, *, z):\n  'Why.'", "rule y has a parameter without a default"),
        ("pass\n@rule(mend='x')\ndef keys_are_tested(model):\n  'Why.'", "there are two rules keys_are_tested"),
    ],
)
def test_rules_with_mistakes(shop: Shop, body: str, said: str) -> None:
    shop.write("dataops_rules/own.py", RULE.format(body=body))
    refused(shop.run("check"), said, "docs/check.md" if "two rules" not in said else "another name")


def test_a_rule_of_the_project(shop: Shop) -> None:
    shop.write("dataops_rules/own.py", RULE.format(body="yield Problem(f'most is {most}', line=1)"))
    shop.write("dataops.yml", "check: {rules: {editions_are_sold: {most: 3}}}\n")
    out = shop.ok("check", "--all").out
    assert (
        "warn editions_are_sold: An edition that is not sold is lost.\n    models/marts/published.sql:1  most is 3\n"
        in out
    )
    assert "→ sell it" in out
    assert "editions_are_sold" in shop.ok("check", "--list").out
    assert not (shop.root / "dataops_rules" / "__pycache__").exists()


@pytest.mark.parametrize(
    ("text", "said", "remedy"),
    [
        (
            "check:\n  rules:\n    key_is_tested: warn\n",
            "dataops.yml:3: unknown rule `key_is_tested`",
            "keys_are_tested",
        ),
        (
            "check:\n  rules:\n    keys_are_tested:\n      most: 3\n",
            "dataops.yml:4: `check.rules.keys_are_tested` has no",
            "layers",
        ),
        (
            "check: {rules: {models_are_tested: {least: x}}}\n",
            "`check.rules.models_are_tested.least` is not a whole",
            "is 1",
        ),
        ("check: {rules: {keys_are_tested: {layers: x}}}\n", "is not a list of texts", "[]"),
    ],
)
def test_settings_of_rules_with_mistakes(shop: Shop, text: str, said: str, remedy: str) -> None:
    shop.write("dataops.yml", text)
    refused(shop.run("check", "--list"), said, remedy)


def test_the_list(shop: Shop) -> None:
    shop.write("dataops.yml", "check: {preset: standard, rules: {models_are_owned: off}}\n")
    listed = {each["name"]: each for each in shop.ok("check", "--list", "--format", "json").json["rules"]}
    assert listed["models_are_owned"]["severity"] == "off"
    assert listed["models_are_described"]["severity"] == "error"
    assert listed["keys_are_tested"]["parameters"] == {"layers": [], "tests": []}


def test_ci_refuses_what_is_new_in_a_part_of_the_project(shop: Shop) -> None:
    """The plan loads no more than the change reaches, and what is known stays known."""
    shop.edit("models/marts/marts.yml", "        data_tests: [unique]\n", "        description: Key.\n")
    shop.edit("models/marts/fct_events.sql", "select", "-- an edit\nselect")
    shop.write(MART, PAST_STAGING)
    ran = shop.run("ci", "--format", "json")
    assert ran.code == 1, ran.err
    valid("review", ran.json)
    assert ran.json["plan"]["full_parse"] is None
    assert "1 convention is broken" in ran.json["verdict"]
    # The test that is taken away is no change of the model, and its key is no longer tested.
    assert _found(ran.json["check"]) == {
        ("only_staging_reads_sources", "fct_late"),
        ("keys_are_tested", "fct_late"),
        ("models_are_described", "fct_late"),
        ("keys_are_tested", "fct_orders"),
    }
    assert ran.json["check"]["nodes"] < 16
    whole = shop.run("check", "--format", "json").json
    assert _found(whole) == _found(ran.json["check"])
    _in_every_form(shop.root / "target" / "dataops")


def _in_every_form(folder: Path) -> None:
    suites = {each.get("name"): each for each in ElementTree.parse(folder / "junit.xml").getroot()}
    assert suites["conventions"].get("failures") == "1"
    assert suites["conventions"].get("skipped") == "3"
    results = json.loads((folder / "results.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    (broken,) = [each for each in results if each["ruleId"] == "check/only_staging_reads_sources"]
    place = broken["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"], broken["level"]) == (MART, 1, "error")
    for name in ("review.md", "review.html"):
        text = (folder / name).read_text(encoding="utf-8")
        assert "Conventions: 4 findings" in text
        assert "reads the source app.events" in text


def test_ci_loads_the_whole_where_a_rule_looks_across(shop: Shop) -> None:
    shop.edit(
        "models/staging/staging.yml",
        "models:\n",
        "  - name: twin\n    schema: app\n    tables: [{name: events}]\nmodels:\n",
    )
    ran = shop.run("ci", "--format", "json")
    assert ("sources_are_declared_once", "twin.events") in _found(ran.json["check"])
    assert ran.json["check"]["known"] == 13


OWN = """from dataops.check import rule


@rule(mend="write less", light="warn")
def sql_is_short(model):
    \"\"\"What is long is read by nobody.\"\"\"
    yield f"{model.name} is long"
"""


def test_where_nothing_differs_nobody_asks_dbt_and_a_rule_alone_is_a_difference(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(change, "open_project", lambda *_: pytest.fail("dbt was asked"))
        for words in ([], ["--base", "main"]):
            assert shop.ok("check", *words).out == "Checked nothing: nothing of the project changed\n"
    shop.write("dataops_rules/own.py", "def\n")
    for command in ("check", "ci"):
        refused(shop.run(command), "dataops_rules/own.py:1")
    shop.write("dataops_rules/own.py", OWN)
    before = {each: shop.run(each, "--format", "json").json for each in ("check", "ci")}
    assert before["ci"]["check"] == before["check"]
    models = 9
    assert (before["check"]["nodes"], before["check"]["known"]) == (16, 13 + models)
    # Whoever has such a base asks again, for one who edits the rule, too.
    shop.commit("a rule")
    assert shop.ok("ci", "--base", "main", "--format", "json").json["check"]["nodes"] == 0
    shop.git("switch", "-qc", "change")
    shop.edit("dataops_rules/own.py", "is long", "is too long")
    document = shop.ok("ci", "--base", "main", "--format", "json").json
    assert (document["check"]["nodes"], document["check"]["known"]) == (16, 13 + models)


def test_a_base_is_not_read_where_nothing_is_found(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    conventions = Conventions.of(shop.root, "shop", Checks())
    manifest = SimpleNamespace()

    def unread() -> Any:
        pytest.fail("the base was read")

    monkeypatch.setattr(Conventions, "_judged", lambda *_: SimpleNamespace(found=[], count=3, excepted=[], nodes=None))
    checked = conventions.check(manifest, Base("revision main", unread))
    assert (checked.nodes, checked.findings, checked.known) == (3, (), 0)


def test_markdown(shop: Shop) -> None:
    shop.write(MART, PAST_STAGING)
    ran = shop.run("check", "--format", "markdown")
    assert ran.code == 1
    assert ran.out.startswith("## ❌ Checked 17 nodes by 11 rules of light: 3 new findings")
    assert "models/marts/fct_late.sql:1" in ran.out


def test_this_repository_keeps_its_conventions(built: Released) -> None:
    """All rules, on the project as it was released; each exception says why."""
    manifest = built.artifact("manifest")
    settings = config.load(REPOSITORY).check
    assert settings.preset == "strict"
    checked = Conventions.of(REPOSITORY, "dataops_toolkit", settings).check(manifest, None)
    assert [each.message for each in checked.findings] == []
    assert checked.nodes > 300


def _blocks(page: str) -> Iterator[str]:
    yield from re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)


def test_the_page_lists_the_rules_and_shows_what_is_printed(shop: Shop) -> None:
    """To renew the table: `dataops check --list --format markdown`, in a project without settings."""
    page = (REPOSITORY / "docs" / "check.md").read_text(encoding="utf-8")
    table = conventions.table(enforced(shop.root, Checks(), rules(shop.root)))
    assert page.split("<!-- rules -->\n")[1].split("<!-- /rules -->")[0] == f"\n{table}\n"
    shop.git("switch", "-q", "-c", "change")
    shop.write("models/marts/fct_late_events.sql", PAST_STAGING)
    assert next(_blocks(page)) == normalised(shop.run("check", "--base", "main").out)
