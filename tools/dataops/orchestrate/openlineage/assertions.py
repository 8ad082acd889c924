"""Tests and the ages of sources as assertions: about a dataset where they are about one, and of the run in any case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dataops.orchestrate.openlineage.facets import facet
from dataops.project import statuses
from dataops.project.graph import name_of
from dataops.project.owners import tested_by
from dataops.project.reading import get, text

_TESTS = ("test", "unit_test")


@dataclass(frozen=True)
class Proof:
    """A test that had its turn, or a source that was asked for its age. `failures`: rows that the test counted."""

    unique_id: str
    status: str
    failures: int | None = None

    @property
    def held(self) -> bool | None:
        """Whether it found nothing wrong; None where it found nothing out."""
        known = statuses.AGED if self.unique_id.startswith("source.") else statuses.COUNTED
        return self.status in statuses.PASSED if self.status in known else None


def is_test(kind: str) -> bool:
    """Whether a node's result proves something."""
    return kind in _TESTS


Told = dict[str, Any]


def executions(proofs: Iterable[Proof], node: Callable[[str], Any]) -> dict[str, Told]:
    """By unique id, how each test ended."""
    return {each.unique_id: _execution(each, found) for each in proofs if (found := node(each.unique_id)) is not None}


def of_run(executed: Mapping[str, Told]) -> dict[str, Any]:
    """The run's facet that names every test; nothing where there was none."""
    return {"test": facet("test", tests=list(executed.values()))} if executed else {}


def assertions(proofs: Iterable[Proof], node: Callable[[str], Any]) -> dict[str, list[Told]]:
    """By unique id of what was tested, the assertions about it. A test of several has no dataset.

    Nor has a unit test, which is run on rows of its own.
    """
    found: dict[str, list[Told]] = {}
    for each in proofs:
        found_node = node(each.unique_id)
        about = _about(found_node) if found_node is not None else []
        if each.held is not None and len(about) == 1:
            found.setdefault(about[0], []).append(_assertion(each, found_node))
    return found


def of_dataset(several: Iterable[Told]) -> dict[str, Any]:
    """The facet of a dataset with the assertions about it."""
    return {"dataQualityAssertions": facet("dataQualityAssertions", assertions=list(several))}


def _about(node: Any) -> list[str]:
    kind = text(get(node, "resource_type"))
    return [str(get(node, "unique_id"))] if kind == "source" else tested_by(node) if kind == "test" else []


def _execution(proof: Proof, node: Any) -> dict[str, Any]:
    told = {True: "pass", False: "fail", None: "skip"}[proof.held]
    return _without_none(
        name=name_of(node), status=told, severity=_severity(proof, node), type=_type(node), **_counts(proof, node)
    )


def _assertion(proof: Proof, node: Any) -> dict[str, Any]:
    return _without_none(
        assertion=_type(node),
        success=bool(proof.held),
        column=_column(node),
        severity=_severity(proof, node),
        name=name_of(node),
        **_counts(proof, node),
    )


def _counts(proof: Proof, node: Any) -> dict[str, str | None]:
    """The rows that are allowed, and those that were counted: of tests that count."""
    if proof.failures is None or text(get(node, "resource_type")) != "test":
        return {}
    limit = str(get(get(node, "config"), "error_if") or "!= 0")
    return {"expected": "0" if limit.replace(" ", "") == "!=0" else limit, "actual": str(proof.failures)}


def _type(node: Any) -> str:
    kind = text(get(node, "resource_type"))
    if kind == "source":
        return "freshness"
    generic = get(node, "test_metadata")
    return text(get(generic, "name")) if generic else {"unit_test": "unit_test"}.get(kind, "custom_sql")


def _severity(proof: Proof, node: Any) -> str:
    if text(get(node, "resource_type")) == "source":
        return "warn" if proof.status == "warn" else "error"
    return "warn" if text(get(get(node, "config"), "severity")).lower() == "warn" else "error"


def _column(node: Any) -> str | None:
    name = get(node, "column_name")
    return str(name).strip('"`[]') if name else None


def _without_none(**values: Any) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}
