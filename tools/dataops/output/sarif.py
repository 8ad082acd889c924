"""Lint findings, breaking changes and broken rules as SARIF 2.1.0, for GitHub's code scanning and others."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from dataops import __version__
from dataops.output.remarks import Remark, remarks
from dataops.review.verdict import Review

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST = 5_000
"""Results in the file: what GitHub shows of one upload."""

_ABOUT = {
    "lint": "sqlfluff's rule {}",
    "breaking": "A column that something reads is {}",
    "rule": "The project's rule on data: {}",
}


def review(review: Review, prefix: str = "") -> dict[str, Any]:
    """The whole log: one run."""
    found = [each for each in remarks(review, prefix) if each.source in _ABOUT]
    rules = {_rule(each): _ABOUT[each.source].format(each.check) for each in found[:MOST]}
    index = {rule: number for number, rule in enumerate(rules)}
    run: dict[str, Any] = {
        "tool": {
            "driver": {
                "name": "dataops",
                "semanticVersion": __version__,
                "rules": [{"id": rule, "shortDescription": {"text": text}} for rule, text in rules.items()],
            }
        },
        "columnKind": "unicodeCodePoints",
        "originalUriBaseIds": {"%SRCROOT%": {"description": {"text": "The root of the repository"}}},
        "properties": {"verdict": review.verdict, "exitCode": review.exit_code},
        "results": [_result(each, index[_rule(each)]) for each in found[:MOST]],
    }
    if len(found) > MOST:
        run["properties"]["leftOut"] = len(found) - MOST
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _rule(remark: Remark) -> str:
    return f"{remark.source}/{remark.check}"


def _result(remark: Remark, index: int) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": _rule(remark),
        "ruleIndex": index,
        "level": remark.level,
        "message": {"text": remark.message or remark.title},
        "partialFingerprints": {"dataops/v1": remark.fingerprint},
    }
    if remark.file:
        place = {"uri": quote(remark.file.encode("utf-8", "replace")), "uriBaseId": "%SRCROOT%"}
        region = {"startLine": remark.line, "startColumn": remark.column}
        result["locations"] = [{"physicalLocation": {"artifactLocation": place, "region": region}}]
    return result
