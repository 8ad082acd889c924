"""The two sides of a plan, all of them: the project as it is parsed now, and what it is compared with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from dataops.changes.reasons import COMPILE, Comparison, Reason
from dataops.project import baseline, env_file, graph, revision
from dataops.project.baseline import Baseline
from dataops.project.dependencies import Dependencies
from dataops.project.fingerprint import Fingerprints
from dataops.project.graph import Graph
from dataops.project.session import Parsed, Project
from dataops.project.targets import Targets
from dataops.state import Bundle


@dataclass(frozen=True)
class Sides:
    """The project as it is, its base, how their inputs differ, and the graph of the project as it is.

    `tagged`: whether columns of the base are tagged as personal, where `head` is a part of the project.
    """

    head: Parsed
    base: Baseline
    comparison: Comparison
    reasons: Mapping[str, tuple[Reason, ...]]
    graph: Graph
    tagged: bool = False


def whole(
    project: Project,
    targets: Targets,
    base: str | None,
    stored: Bundle | Path | None,
    strict: bool,
    place: str,
    thorough: bool,
) -> Sides:
    """Both sides in full. `stored` is not asked for where `base` names a revision.

    What is known of a revision is kept at `place`, the state's; with `thorough` it is parsed as if nobody had before.
    """

    def seed() -> bytes | None:
        if base:
            return revision.seed(project, targets, place)
        return stored.read(baseline.partial_parse_name(targets.parsing.name)) if isinstance(stored, Bundle) else None

    head = project.parse(targets.parsing, seed)
    compared: list[tuple[Comparison, Mapping[str, tuple[Reason, ...]]]] = []

    def compare(before: Fingerprints) -> list[str]:
        """Compare the inputs; which nodes have to be compiled on both sides."""
        if base:
            before = env_file.unrecorded(before, project.root, base, head.manifest)
        around = before.surroundings
        after = baseline.taken(
            project, head, around.key, project.profile.output(targets.production.name), around.environment
        )
        comparison = Comparison(before, after, Dependencies(head.manifest, before.macros))
        compared.append((comparison, comparison.reasons(strict)))
        return [uid for uid, each in compared[0][1].items() if any(reason.effect == COMPILE for reason in each)]

    if base:
        before = revision.baseline(project, targets, base, head, compare, place, thorough)
    else:
        if isinstance(stored, Path):
            before = baseline.from_artifacts(stored, project, targets, head)
        else:
            assert stored is not None  # noqa: S101 - said to the type checker; refused before
            before = baseline.from_bundle(stored, targets, project)
        compare(before.prints)
    return Sides(head, before, *compared[0], graph.read(head.manifest))
