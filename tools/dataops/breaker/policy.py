"""What a failure leads to: the rules of `breaker` in `dataops.yml`."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass

from dataops.breaker.pauses import Incident, Standing
from dataops.config import FILE, Reaction
from dataops.errors import SettingsError
from dataops.project.outcome import NodeResult, Outcome
from dataops.project.patterns import speaks_of

_DATA = ("test", "model", "seed", "snapshot")
"""What fails because of data, at least possibly. A unit test fails because of code, and holds nothing."""

BUILD = "build"
"""The check of every node that is built: that it can be."""


@dataclass(frozen=True)
class About:
    """What a rule can choose a node by."""

    name: str
    file: str
    tags: Collection[str]


def check(rules: Sequence[Reaction]) -> None:
    """Refuse rules that cannot be meant.

    Raises:
        SettingsError: naming the rule and what is wrong with it.
    """
    for number, rule in enumerate(rules):
        where = f"{FILE}: breaker.rules[{number}]"
        if rule.resume_after and rule.action != "pause":
            raise SettingsError(f"{where} alerts and has `resume_after`", "only a pause ends; give it `action: pause`")


def pauses(rules: Sequence[Reaction], standing: Standing) -> bool:
    """Whether what fails in a release can be held and the rest released."""
    return bool(standing.pauses) or any(rule.action == "pause" for rule in rules)


def react(
    rules: Sequence[Reaction],
    outcome: Outcome,
    concerned: Mapping[str, Collection[str]],
    about: Mapping[str, About],
) -> tuple[Incident, ...]:
    """The incidents of an outcome. `concerned`: the nodes that each result speaks of, by the result's unique id."""
    results = [each for each in (*outcome.failed, *outcome.warned) if not each.unreadable]
    return tuple(_incidents(rules, results, concerned, about))


def _incidents(
    rules: Sequence[Reaction],
    results: Iterable[NodeResult],
    concerned: Mapping[str, Collection[str]],
    about: Mapping[str, About],
) -> Iterable[Incident]:
    for result in results:
        nodes = tuple(sorted(concerned.get(result.unique_id, ())))
        severity = "error" if result.failed else "warn"
        name = result.name if result.kind in ("test", "unit_test") else BUILD
        chosen = next(
            (
                rule
                for rule in rules
                if rule.severity == severity
                and speaks_of(rule.tests, name, "", ())
                and any(speaks_of(rule.models, *_known(about, node)) for node in nodes)
            ),
            None,
        )
        action = chosen.action if chosen else ("alert" if result.failed else "")
        if action == "pause" and (result.kind not in _DATA or not nodes):
            action = "alert"
        if action:
            after = chosen.resume_after if chosen else 0
            yield Incident(action, severity, nodes, result.unique_id, result.name, result.file, _gist(result), after)


def _gist(result: NodeResult) -> str:
    """The line of a message that says what is wrong: dbt begins an error's with where it is."""
    lines = [line.strip() for line in result.message.splitlines() if line.strip()]
    if len(lines) > 1 and lines[0].endswith(f"({result.file})"):
        return lines[1]
    return lines[0] if lines else result.status


def _known(about: Mapping[str, About], node: str) -> tuple[str, str, Collection[str]]:
    known = about.get(node, About(node.rsplit(".", 1)[-1], "", ()))
    return known.name, known.file, known.tags
