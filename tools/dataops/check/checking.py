"""`check`: hold the rules against the project, and leave out what its base has, too."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from dataops.check import own
from dataops.check.findings import Checked, Excepted, Finding
from dataops.check.nodes import Node, Nodes, exceptions
from dataops.check.presets import Enforced, enforced
from dataops.check.rule import Problem
from dataops.config import Checks
from dataops.project import baseline, lines, revision
from dataops.project.invocation import Parsed
from dataops.project.session import Project
from dataops.project.targets import Targets


@dataclass(frozen=True)
class Base:
    """What is compared with: `name` in words, and what gives its manifest; None where `unread` says why it cannot."""

    name: str
    manifest: Callable[[], Any] | None
    unread: str = ""

    @classmethod
    def of(cls, project: Project, targets: Targets, head: Parsed, base: str | None, place: str) -> Base:
        """The revision that `base` names, or what is stored at a place.

        Raises:
            StateError: nothing is stored there.
        """
        if base:
            name, manifest, unread = revision.manifest(project, targets, base, head)
            return cls(f"revision {name}", None if unread else lambda: manifest, unread)
        found = baseline.stored(place)
        if isinstance(found, Path):
            before = baseline.from_artifacts(found, project, targets, head)
            return cls(f"{before.kind} {before.name}", before.manifest)
        return cls(f"release {found.release}", lambda: baseline.manifest(found))


@dataclass(frozen=True)
class Part:
    """What of a project is loaded. `judged`: nodes of which all neighbours are there; `every`: the ids of all nodes."""

    judged: Collection[str]
    every: Collection[str]


@dataclass(frozen=True)
class Conventions:
    """The rules of a project, with its settings."""

    root: Path
    package: str
    settings: Checks
    rules: tuple[Enforced, ...]

    @classmethod
    def of(cls, root: Path, package: str, settings: Checks) -> Conventions:
        """Those that the tool and the project have, as `dataops.yml` sets them.

        Raises:
            SettingsError: a file of rules or the settings are wrong.
        """
        return cls(root, package, settings, enforced(root, settings, own.rules(root)))

    def look_across(self, kinds: Collection[str]) -> bool:
        """Whether a change of nodes of some kinds can bring a finding about anywhere."""
        return any(each.severity != "off" and each.rule.across & set(kinds) for each in self.rules)

    def check(self, manifest: Any, base: Base | None, part: Part | None = None) -> Checked:
        """Hold them against a parsed project; what the base has too is counted. Without a base everything is new.

        Raises:
            SettingsError: a rule of the project fails.
        """
        here = self._judged(manifest, part)
        there: set[tuple[str, str, str]] = set()
        # Where nothing is found, nothing can be known; a base that is read for nothing may be a parse.
        if here.found and base is not None and base.manifest is not None:
            there = {_identity(each) for each in self._judged(base.manifest(), part).found}
        new = [each for each in here.found if _identity(each) not in there]
        order = {"error": 0, "warn": 1}
        placed = [_placed(self.root, each, here.nodes.all[each.unique_id]) for each in new]
        return Checked(
            self.settings.preset,
            sum(each.severity != "off" for each in self.rules),
            here.count,
            tuple(
                sorted(placed, key=lambda each: (order[each.severity], each.file, each.line, each.rule, each.subject))
            ),
            len(here.found) - len(new),
            tuple(here.excepted),
            base.name if base is not None else "",
            base.unread if base is not None else "",
        )

    def _judged(self, manifest: Any, part: Part | None) -> _Judged:
        nodes = Nodes(manifest, self.package, self.settings.layers, part.every if part else None)
        nodes.rules = frozenset(each.rule.name for each in self.rules)
        judged = _Judged(nodes)
        for node in nodes.own:
            if part is None or node.unique_id in part.judged:
                judged.count += 1
                for each in self.rules:
                    if each.severity != "off" and node.kind in each.rule.kinds:
                        judged.take(each, node, self._problems(each, node))
        return judged

    def _problems(self, enforced: Enforced, node: Node) -> list[Problem]:
        rule = enforced.rule
        try:
            said: Iterable[Problem | str] | str | None = rule.judge(node, **enforced.parameters)
            several: list[Problem | str] = [said] if isinstance(said, str) else list(said or ())
            return [each if isinstance(each, Problem) else Problem(str(each)) for each in several]
        except Exception as error:
            path = Path(rule.file)
            if not path.is_relative_to(self.root / own.FOLDER):
                raise
            raise own.broken(self.root, path, error, f"rule {rule.name} on {node.unique_id}: ") from error


class _Judged:
    """What the rules have against a project. A problem of which `meta` says why it is meant is no finding."""

    def __init__(self, nodes: Nodes) -> None:
        self.nodes = nodes
        self.count = 0
        self.found: list[Finding] = []
        self.excepted: list[Excepted] = []

    def take(self, enforced: Enforced, node: Node, problems: list[Problem]) -> None:
        name = enforced.rule.name
        for each in problems:
            column = node.columns.get(each.subject)
            said = [exceptions(node.meta), exceptions(column.meta) if column else {}]
            reason = next((given[name] for given in said if given.get(name)), "")
            if reason:
                self.excepted.append(Excepted(name, node.unique_id, each.subject, reason))
                continue
            why, mend = enforced.rule.why, enforced.rule.mend
            finding = Finding(
                name, enforced.severity, node.unique_id, each.subject, each.message, "", each.line, why, mend
            )
            self.found.append(finding)


def _identity(finding: Finding) -> tuple[str, str, str]:
    return finding.rule, finding.unique_id, finding.subject


def _placed(root: Path, finding: Finding, node: Node) -> Finding:
    """With its file and line: that of the node where the problem has a line of it, else where it is described."""
    if finding.line or not node.sheet:
        return replace(finding, file=node.file, line=finding.line or int(not node.file.endswith((".yml", ".yaml"))))
    column = finding.subject if finding.subject in node.columns else ""
    return replace(finding, file=node.sheet, line=lines.described(root / node.sheet, node.kind, node.name, column))
