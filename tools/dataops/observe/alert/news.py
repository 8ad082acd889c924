"""What a destination has to be told: problems that are new to it, those that are over, and which belong together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dataops.observe.alert.facts import Concern, Identity, Production, Resolved, Told


def last(records: Iterable[Told], destination: str, environment: str) -> dict[Identity, Told]:
    """What a destination heard last of each problem of an environment."""
    heard: dict[Identity, Told] = {}
    for each in sorted(records, key=lambda each: each.at):
        if (each.destination, each.environment) == (destination, environment):
            heard[each.identity] = each
    return heard


def opened(production: Production, heard: Mapping[Identity, Told]) -> tuple[Concern, ...]:
    """Problems that it was not told of, that came back since, or that ended and began anew without its hearing."""
    return tuple(each for each in production.concerns if _is_new(each, heard.get(each.identity)))


def resolved(production: Production, heard: Mapping[Identity, Told]) -> tuple[Resolved, ...]:
    """Problems that it was told of and that are over.

    Missing from the history is not over: nothing ends while a file of it cannot be read, nor without a result.
    """
    now = {each.identity for each in production.concerns}
    over = [each for each in heard.values() if each.is_open and each.identity not in now]
    found = [Resolved(each, production.present is not None and each.key not in production.present) for each in over]
    return tuple(each for each in found if _is_over(each, production))


def grouped(concerns: Iterable[Concern]) -> tuple[tuple[Concern, ...], ...]:
    """Problems of one node, and those that began in one invocation, together; in the order of their first."""
    groups: list[list[Concern]] = []
    for each in concerns:
        near = [group for group in groups if any(_belong(each, other) for other in group)]
        joined = [other for group in near for other in group] + [each]
        at = groups.index(near[0]) if near else len(groups)
        groups = [group for group in groups if group not in near]
        groups.insert(at, joined)
    return tuple(tuple(group) for group in groups)


def _is_new(concern: Concern, heard: Told | None) -> bool:
    if heard is None or not heard.is_open:
        return True
    since = concern.problem.since
    # The newest row of a source that stays late moves on, and expiry moves the first bad result that is left: that is
    # the same problem. One that began after the last word of it has ended in between.
    return concern.problem.kind != "late" and since is not None and since != heard.since and since > heard.at


def _is_over(each: Resolved, production: Production) -> bool:
    if each.told.kind == "paused":
        return True
    return not production.damaged and (each.removed or each.told.key in production.judged)


def _belong(one: Concern, other: Concern) -> bool:
    same_run = one.invocation is not None and one.invocation == other.invocation
    return same_run or (bool(one.node) and one.node == other.node)
