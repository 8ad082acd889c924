"""The conventions that a change breaks, on what its plan has loaded."""

from __future__ import annotations

from collections.abc import Collection

from dataops.check.checking import Base, Conventions, Part
from dataops.check.findings import Checked
from dataops.plan.plan import kind_of
from dataops.plan.planning import Planned


def narrow(planned: Planned, conventions: Conventions) -> bool:
    """Whether what the plan has loaded is too little: a rule looks across all nodes of a kind that differs."""
    return planned.part is not None and conventions.look_across({kind_of(uid) for uid in _judged(planned)})


def changed(planned: Planned, conventions: Conventions) -> Checked:
    """Hold them against the project as it is, and as it was.

    Raises:
        SettingsError: a rule of the project fails.
    """
    before = planned.base
    base = Base(f"{before.kind} {before.name}", None if before.unread else before.manifest, before.unread)
    part = Part(_judged(planned), [*planned.part.index.all()]) if planned.part is not None else None
    return conventions.check(planned.head.manifest, base, part=part)


def _judged(planned: Planned) -> Collection[str]:
    """The nodes of a part that dbt may have parsed again: of these all neighbours are there."""
    part = planned.part
    return part.loose | part.anew(planned.head.manifest).keys() if part is not None else ()
