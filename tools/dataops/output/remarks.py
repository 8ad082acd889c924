"""What the review has to say about a line of a file, worst first: the source of annotations, SARIF and code quality."""

from __future__ import annotations

import hashlib
from collections import Counter
from dataclasses import dataclass, replace

from dataops.changes.plan import EMPTY, short
from dataops.output.words import broken
from dataops.review.judged import Ruling
from dataops.review.verdict import Review


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
    found = [*_breaking(review), *_failures(review), *_unaccounted(review), *_rules(review), *_lint(review)]
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
