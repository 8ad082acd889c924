"""The contracts that a change breaks, on what its plan has loaded, and the persons whom a public model then shows."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

from dataops.check.nodes import described, exceptions
from dataops.contract.breaches import Amendment, Breach, Kept
from dataops.contract.comparing import Comparing
from dataops.contract.terms import Terms, terms
from dataops.plan.planning import Planned
from dataops.project import lines, owners
from dataops.project.closure import reached
from dataops.project.compiling import Compiled
from dataops.project.reading import get, text
from dataops.project.session import Project
from dataops.review import rules
from dataops.review.verdict import Intended
from dataops.sql.dialects import dialect
from dataops.sql.privacy import TAGS, Exposure, Personal

RULE = "public_models_show_no_person"
"""The convention on what a model says of itself. What its SQL shows is looked at here, with the same exceptions."""


def kept(project: Project, planned: Planned) -> Kept:
    """What became of the contracts of the base, and what public models show that the change reaches.

    Raises:
        SettingsError: acknowledgements cannot be read.
    """
    today = datetime.datetime.now(datetime.timezone.utc).date()
    base, head = planned.base, planned.head.manifest
    every = {} if base.unread else terms(base.manifest(), project.name)
    before = {uid: each for uid, each in every.items() if each.enforced}
    after = terms(head, project.name)
    found: list[Breach | Amendment] = []
    if before:

        def line(each: Terms, column: str) -> int:
            return lines.described(project.root / each.sheet, "model", each.name, column) if each.sheet else 1

        comparing = Comparing(dialect(str(head.metadata.adapter_type)), today, line)
        found += comparing.compare(before, after, planned.comparison.removed())
    public, shown = _shown(project, planned, _public(planned, every, after), after)
    breaches = [each for each in found if isinstance(each, Breach)] + shown
    holding, _ = rules.read_intended(project.root, today) if breaches else ((), ())
    # Of those that the change cannot touch, a part of the project may hold none: they are not counted.
    touched = {each.unique_id for each in (*planned.plan.changes, *found)} | {*planned.comparison.removed()}
    return Kept(
        len(touched & before.keys()),
        public,
        tuple(_acknowledged(each, holding) for each in breaches),
        tuple(each for each in found if isinstance(each, Amendment)),
        f"{base.kind} {base.name}",
        base.unread if any(each.enforced for each in after.values()) else "",
    )


def _acknowledged(breach: Breach, holding: Iterable[Intended]) -> Breach:
    meant = next((each for each in holding if rules.meant(each, breach.unique_id, breach.column)), None)
    return replace(breach, intended=f"meant until {meant.expires}: {meant.reason}") if meant else breach


def _public(planned: Planned, before: Mapping[str, Terms], after: Mapping[str, Terms]) -> set[str]:
    """The public models of which the change may reach what they show, or that it makes public."""
    every = {uid for uid, each in after.items() if each.access == "public"}
    new = {uid for uid in every if uid not in before or before[uid].access != "public"}
    changed = [each.unique_id for each in planned.plan.changes]
    return new | (every & reached(changed, lambda each: planned.graph.children.get(each, ())))


def _shown(
    project: Project, planned: Planned, public: set[str], after: Mapping[str, Terms]
) -> tuple[int, list[Breach]]:
    """How many models were searched, none where no column at all is tagged; and what they show."""
    if not public:
        return 0, []
    manifest = planned.head.manifest
    with ExitStack() as stack:
        personal = Personal(manifest, Compiled(project, planned.head, stack).sql)
        if not personal.names:
            return 0, []
        found = personal.exposures(public)
    return len(public), [
        _breach(project, after[unique_id], name, each)
        for unique_id, exposures in sorted(found.items())
        for each in sorted(exposures, key=lambda each: (each.column, each.source))
        if not _may_be_seen(manifest.nodes[unique_id], name := each.column.rsplit(".", 1)[-1])
    ]


def _may_be_seen(node: Any, name: str) -> bool:
    """Whether a mask of the warehouse hides a column, or the model says why it may be seen."""
    column = next((each for key, each in (get(node, "columns") or {}).items() if key.lower() == name), None)
    said = [exceptions(owners.meta(node)), exceptions(owners.meta(column)) if column is not None else {}]
    masked = column is not None and described(column).guard not in ("", "deidentified")
    tagged = column is not None and bool(described(column).tags & TAGS)
    # What is tagged here the convention has judged.
    return masked or tagged or any(each.get(RULE) for each in said)


def _breach(project: Project, terms: Terms, name: str, shown: Exposure) -> Breach:
    column = "" if name == "*" else name
    what = f"{terms.name}.{name}" if column else f"some column of {terms.name}"
    way = f" by way of {', '.join(shown.path[1:-1])}" if len(shown.path) > 2 else ""
    message = f"{what} shows {shown.source}, which is personal{way}: {text(shown.reason)}"
    line = lines.described(project.root / terms.sheet, "model", terms.name, column) if terms.sheet else 1
    return Breach("personal column shown", terms.unique_id, column, message, terms.sheet or terms.file, line)
