"""What both common schemas of JUnit XML ask for: that of Ant's task (every attribute) and that of Jenkins."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree

_DECIMAL = r"\d+(\.\d+)?"
_WHOLE = r"\d+"
_TOKEN = r"\S(.*\S)?"
_SUITE = {
    "name": _TOKEN,
    "package": _TOKEN,
    "id": _WHOLE,
    "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d",
    "hostname": _TOKEN,
    "tests": _WHOLE,
    "failures": _WHOLE,
    "errors": _WHOLE,
    "skipped": _WHOLE,
    "time": _DECIMAL,
}
_CASE = {"name": ".*", "classname": ".*", "time": _DECIMAL}
_ENDS = {
    "failure": {"message": ".*", "type": ".*"},
    "error": {"message": ".*", "type": ".*"},
    "skipped": {"message": ".*"},
}


def faults(text: str) -> list[str]:
    """What is wrong; nothing, where both schemas hold."""
    root = ElementTree.fromstring(text.encode())
    if root.tag != "testsuites" or root.attrib:
        return ["the root is testsuites, without attributes"]
    found: list[str] = []
    for index, suite in enumerate(root):
        found += _suite(suite)
        if suite.get("id") != str(index):
            found.append(f"suite {index} has the id {suite.get('id')}")
    return found


def _suite(suite: ElementTree.Element) -> Iterator[str]:
    yield from _attributes(suite, "testsuite", _SUITE)
    tags = [child.tag for child in suite]
    cases = [child for child in suite if child.tag == "testcase"]
    if tags != ["properties", *["testcase"] * len(cases), "system-out", "system-err"]:
        yield f"children in another order: {tags}"
    ends = [[child.tag for child in case] for case in cases]
    for case in cases:
        yield from _attributes(case, "testcase", _CASE)
        if len(case) > 1:
            yield "a case ends in more than one way"
        for end in case:
            yield from _attributes(end, end.tag, _ENDS.get(end.tag))
    counts = {"tests": len(cases), "failures": ends.count(["failure"]), "errors": ends.count(["error"])}
    for name, count in {**counts, "skipped": ends.count(["skipped"])}.items():
        if suite.get(name) != str(count):
            yield f"{name} is {suite.get(name)}, there are {count}"


def _attributes(element: ElementTree.Element, tag: str, wanted: dict[str, str] | None) -> Iterator[str]:
    if wanted is None or element.tag != tag:
        yield f"{element.tag} has no place here"
        return
    if set(element.attrib) != set(wanted):
        yield f"{tag} has the attributes {sorted(element.attrib)}"
    for name, pattern in wanted.items():
        if not re.fullmatch(pattern, element.get(name, ""), re.DOTALL):
            yield f"{name} of {tag} is {element.get(name)!r}"
