"""What the review has to say about a line of a file, worst first: as annotations, code quality and SARIF 2.1.0."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote

from dataops import __version__
from dataops.output.words import broken
from dataops.plan.plan import EMPTY, short
from dataops.review.verdict import Review, Ruling


@dataclass(frozen=True)
class Remark:
    """`check` names what was checked, `level` is error, warning or note; `line` counts from 1.

    `file` is relative to the repository; empty where nothing says in which file it belongs. `fingerprint` is the same
    for the same finding in another run, on another line, and unique among all of a review.
    """

    source: str
    check: str
    level: str
    title: str
    message: str
    file: str
    line: int
    column: int
    fingerprint: str


def remarks(review: Review, prefix: str = "") -> list[Remark]:
    """All of them. `prefix`: the project's folder in the repository, with a slash at its end."""
    found = [
        *_breaking(review),
        *_failures(review),
        *_unaccounted(review),
        *_rules(review),
        *_lint(review),
        *_checked(review),
        *_promised(review),
    ]
    order = {"error": 0, "warning": 1, "note": 2}
    ranked = sorted(found, key=lambda each: order[each.level])
    return _identified([_placed(each, prefix) for each in ranked])


def _placed(remark: Remark, prefix: str) -> Remark:
    return replace(remark, file=prefix + remark.file.replace("\\", "/")) if remark.file else remark


def _identified(found: list[Remark]) -> list[Remark]:
    """With fingerprints. Alike findings of one file are numbered in the order of their lines."""
    seen: Counter[str] = Counter()
    numbered: dict[int, str] = {}
    for index in sorted(range(len(found)), key=lambda each: (found[each].file, found[each].line, found[each].column)):
        each = found[index]
        base = "\0".join((each.source, each.check, each.file, each.title, each.message))
        seen[base] += 1
        numbered[index] = hashlib.sha256(f"{base}\0{seen[base]}".encode("utf-8", "replace")).hexdigest()
    return [replace(each, fingerprint=numbered[index]) for index, each in enumerate(found)]


def _breaking(review: Review) -> list[Remark]:
    level = "error" if review.breaks else "warning"
    found = [(level, "Breaks a reader", each) for each in review.plan.broken]
    found += [("warning", "May break a reader", each) for each in review.plan.doubtful]
    return [
        Remark("breaking", each.kind, level, title, broken(each), each.file, each.line or 1, 1, "")
        for level, title, each in found
    ]


def _failures(review: Review) -> list[Remark]:
    if not review.built:
        return []
    outcome = review.built.outcome
    return [
        Remark(
            "build",
            each.kind,
            level,
            f"{short(each.unique_id)}: {each.status}",
            each.message.split("\n")[0] or each.status,
            each.file,
            1,
            1,
            "",
        )
        for level, results in (("error", outcome.failed), ("warning", outcome.warned))
        for each in results
    ]


def _unaccounted(review: Review) -> list[Remark]:
    """What did not go as planned: nodes that did not run, files that are empty."""
    files = {change.unique_id: change.file for change in review.plan.changes}
    found = [*review.account.gaps, *((uid, EMPTY) for uid in review.plan.empty)]
    return [
        Remark("build", "plan", "error", f"{short(uid)}: not as planned", why, files.get(uid, ""), 1, 1, "")
        for uid, why in found
    ]


def _rules(review: Review) -> list[Remark]:
    files = {change.unique_id: change.file for change in review.plan.changes}
    if review.built:
        files |= {each.unique_id: each.file for each in review.built.outcome.results}
    found = []
    for ruling in review.rulings:
        if ruling.broken:
            where = short(ruling.unique_id) + (f".{ruling.column}" if ruling.column else "")
            message = f"{where}: {ruling.message}"
            if ruling.intended:
                message += f" (acknowledged until {ruling.intended.expires}: {ruling.intended.reason})"
            file = files.get(ruling.unique_id, "")
            found.append(
                Remark("rule", ruling.rule, _level(ruling), f"Rule broken: {ruling.rule}", message, file, 1, 1, "")
            )
    return found


def _level(ruling: Ruling) -> str:
    if ruling.intended:
        return "note"
    return "error" if ruling.blocking else "warning"


def _lint(review: Review) -> list[Remark]:
    return [
        Remark(
            "lint",
            each.rule,
            "error" if review.lint_blocks and not each.warning else "warning",
            f"Lint {each.rule}",
            each.message,
            each.file,
            max(1, each.line),
            max(1, each.column),
            "",
        )
        for each in review.linted.findings
    ]


def _checked(review: Review) -> list[Remark]:
    return [
        Remark(
            "check",
            each.rule,
            "error" if each.severity == "error" else "warning",
            f"Convention {each.rule}",
            f"{each.message}. To mend it: {each.mend}.",
            each.file,
            max(1, each.line),
            1,
            "",
        )
        for each in review.checked.findings
    ]


def _promised(review: Review) -> list[Remark]:
    return [
        Remark(
            "contract",
            each.kind,
            "note" if each.intended else "error",
            f"Contract: {each.kind}",
            f"{each.message} ({each.intended})" if each.intended else f"{each.message}. To mend it: {each.mend}.",
            each.file,
            max(1, each.line),
            1,
            "",
        )
        for each in review.promised.breaches
    ]


MOST_ANNOTATIONS = 10
"""Annotations of one kind that GitHub keeps of a step."""

_COMMANDS = {"error": "error", "warning": "warning", "note": "notice"}


def workflow_commands(review: Review, prefix: str = "") -> list[str]:
    """One command a line, the worst first; where there are more than GitHub keeps, the last one counts them."""
    found: dict[str, list[Remark]] = {}
    for each in remarks(review, prefix):
        found.setdefault(_COMMANDS[each.level], []).append(each)
    lines = []
    for command, every in found.items():
        shown = every if len(every) <= MOST_ANNOTATIONS else every[: MOST_ANNOTATIONS - 1]
        lines += [_command(command, each) for each in shown]
        if len(every) > len(shown):
            lines.append(f"::{command} title=dataops::{len(every) - len(shown):,} more of these are in the review")
    return lines


def _command(command: str, remark: Remark) -> str:
    place = f"file={_property(remark.file)},line={remark.line},col={remark.column}," if remark.file else ""
    return f"::{command} {place}title={_property(remark.title)}::{_data(remark.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


_SEVERITIES = {"error": "major", "warning": "minor", "note": "info"}
_ANYWHERE = "dataops.yml"
"""Where a remark is shown that belongs to no file: GitLab needs one."""


def code_quality(review: Review, prefix: str = "") -> str:
    """The report's text: a JSON list, one entry per remark."""
    entries = [_entry(each, prefix) for each in remarks(review, prefix)]
    return json.dumps(entries, indent=2, ensure_ascii=True) + "\n"


def _entry(remark: Remark, prefix: str) -> dict[str, object]:
    blocks = remark.source in ("breaking", "build") and remark.level == "error"
    return {
        "description": f"{remark.title}: {remark.message}",
        "check_name": f"{remark.source}/{remark.check}",
        "fingerprint": remark.fingerprint,
        "severity": "critical" if blocks else _SEVERITIES[remark.level],
        "location": {"path": remark.file or prefix + _ANYWHERE, "lines": {"begin": remark.line}},
    }


SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
MOST_RESULTS = 5_000
"""Results in the file: what GitHub shows of one upload."""

_ABOUT = {
    "lint": "sqlfluff's rule {}",
    "check": "The project's convention {}",
    "contract": "A promise of a contract: {}",
    "breaking": "A column that something reads is {}",
    "rule": "The project's rule on data: {}",
}


def sarif(review: Review, prefix: str = "") -> dict[str, Any]:
    """The whole log: one run."""
    found = [each for each in remarks(review, prefix) if each.source in _ABOUT]
    rules = {_rule(each): _ABOUT[each.source].format(each.check) for each in found[:MOST_RESULTS]}
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
        "results": [_result(each, index[_rule(each)]) for each in found[:MOST_RESULTS]],
    }
    if len(found) > MOST_RESULTS:
        run["properties"]["leftOut"] = len(found) - MOST_RESULTS
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
