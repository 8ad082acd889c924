"""The review as JUnit XML, in the form that the schemas of Ant's JUnit task and of Jenkins both accept."""

from __future__ import annotations

from datetime import datetime, timezone
from xml.etree import ElementTree

from dataops.check.findings import Checked
from dataops.contract.breaches import Kept
from dataops.plan.plan import EMPTY, short
from dataops.project import statuses
from dataops.project.outcome import NodeResult
from dataops.review.verdict import Review, Ruling

Case = tuple[ElementTree.Element, str]
"""A test case, and what became of it: passed, failure, error or skipped."""


def review(review: Review, at: datetime | None = None) -> str:
    """One suite for the build, one for lint, for conventions, for contracts, and for the rules on the data."""
    when = (at or datetime.now(timezone.utc)).astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%S")
    root = ElementTree.Element("testsuites")
    built = [_result(each) for each in review.built.outcome.results] if review.built else []
    built += [_case("plan", short(uid), "error", why, "not as planned") for uid, why in review.account.gaps]
    built += [_case("plan", short(uid), "error", EMPTY, "empty") for uid in review.plan.empty]
    _suite(root, "dbt build", built, when)
    _suite(root, "lint", _linted(review), when)
    if review.checked.rules:
        _suite(root, "conventions", _checked(review.checked), when)
    if review.promised.contracts or review.promised.breaches:
        _suite(root, "contracts", _promised(review.promised), when)
    if review.rulings:
        _suite(root, "rules on the data", [_ruling(each) for each in review.rulings], when)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(root: ElementTree.Element, name: str, cases: list[Case], when: str) -> None:
    ends = [end for _, end in cases]
    suite = ElementTree.SubElement(
        root,
        "testsuite",
        name=name,
        package="dataops",
        id=str(len(root)),
        timestamp=when,
        hostname="localhost",
        tests=str(len(cases)),
        failures=str(ends.count("failure")),
        errors=str(ends.count("error")),
        skipped=str(ends.count("skipped")),
        time=f"{sum(float(case.get('time', '0')) for case, _ in cases):.3f}",
    )
    ElementTree.SubElement(suite, "properties")
    suite.extend(case for case, _ in cases)
    ElementTree.SubElement(suite, "system-out")
    ElementTree.SubElement(suite, "system-err")


def _case(group: str, name: str, end: str = "passed", message: str = "", kind: str = "", seconds: float = 0) -> Case:
    attributes = {"classname": _legal(group) or "-", "name": _legal(name) or "-", "time": f"{seconds:.3f}"}
    case = ElementTree.Element("testcase", attributes)
    if end in ("failure", "error"):
        ElementTree.SubElement(case, end, message=_legal(message), type=_legal(kind))
    elif end == "skipped":
        ElementTree.SubElement(case, end, message=_legal(message))
    return case, end


def _result(result: NodeResult) -> Case:
    end = "passed"
    if result.failed:
        end = "failure" if result.status == "fail" else "error"
    elif result.status in (*statuses.SKIPPED, *statuses.IDLE):
        end = "skipped"
    return _case(result.file, short(result.unique_id), end, result.message, result.status, result.seconds)


def _linted(review: Review) -> list[Case]:
    """A case per file that was linted; all that lint has against it in one message."""
    skipped = dict(review.linted.skipped)
    cases = []
    for file in review.linted.files:
        found = [each for each in review.linted.failures if each.file == file]
        if found:
            message = "\n".join(f"{each.file}:{each.line}:{each.column} {each.rule} {each.message}" for each in found)
            cases.append(_case(file, file, "failure", message, found[0].rule))
        elif file in skipped:
            cases.append(_case(file, file, "skipped", skipped[file]))
        else:
            cases.append(_case(file, file))
    return cases


def _checked(checked: Checked) -> list[Case]:
    """A case for each finding; a warning is skipped, with what it says. One that passes where there is none."""
    if not checked.findings:
        return [_case("conventions", "no new findings" if checked.against else "no findings")]
    cases = []
    for each in checked.findings:
        name = f"{each.rule}: {short(each.unique_id)}" + (f" {each.subject}" if each.subject else "")
        message = f"{each.message}. {each.why} To mend it: {each.mend}."
        cases.append(_case(each.file, name, "failure" if each.severity == "error" else "skipped", message, each.rule))
    return cases


def _promised(kept: Kept) -> list[Case]:
    """A case for each broken promise; one that is meant is skipped, with the reason."""
    if not kept.breaches:
        return [_case("contracts", "no promise broken")]
    cases = []
    for each in kept.breaches:
        name = f"{each.kind}: {short(each.unique_id)}" + (f" {each.column}" if each.column else "")
        message = f"{each.message}; {each.intended}" if each.intended else f"{each.message}. To mend it: {each.mend}."
        cases.append(_case(each.file, name, "skipped" if each.intended else "failure", message, each.kind))
    return cases


def _ruling(ruling: Ruling) -> Case:
    """A broken rule fails where it blocks; acknowledged or not blocking, it is skipped, with the reason."""
    where = short(ruling.unique_id) + (f".{ruling.column}" if ruling.column else "")
    name = f"{ruling.rule}: {where}"
    if not ruling.broken:
        return _case(ruling.unique_id, name)
    if ruling.blocks:
        return _case(ruling.unique_id, name, "failure", ruling.message, ruling.rule)
    meant = (
        f"; meant until {ruling.intended.expires}: {ruling.intended.reason}" if ruling.intended else "; only a warning"
    )
    return _case(ruling.unique_id, name, "skipped", ruling.message + meant)


def _legal(text: str) -> str:
    """Without the characters that XML forbids."""
    return "".join(char for char in text if char in "\t\n\r" or _allowed(ord(char)))


def _allowed(code: int) -> bool:
    return 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000
