"""`plan`: parse the project, find what it is compared with, and draw up the plan. Touches no warehouse."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path

from dataops.config import Settings
from dataops.engines.registry import engine_of
from dataops.errors import SettingsError
from dataops.plan import sides
from dataops.plan.breaking import Readers, breaks
from dataops.plan.effects import Effects, Facts, follow
from dataops.plan.impact import divided
from dataops.plan.plan import Decision, Plan, Story, kind_of, short
from dataops.plan.reasons import INERT, Comparison, Reason
from dataops.plan.sides import Sides, partly
from dataops.project import baseline, compiled, declared, graph
from dataops.project.baseline import Baseline
from dataops.project.compiling import Compiled
from dataops.project.difference import Break, Change, Columns
from dataops.project.graph import Graph
from dataops.project.invocation import Parsed
from dataops.project.jinja import GRAPH, INTROSPECTIVE, TARGET, VOLATILE
from dataops.project.part import Part, UnboundedError
from dataops.project.session import Project
from dataops.project.targets import Targets
from dataops.sql.dialects import dialect
from dataops.store.state import State

_ASIDE = {
    VOLATILE: "the moment of compiling",
    INTROSPECTIVE: "the warehouse",
    TARGET: "where it is built",
    GRAPH: "the whole graph",
}


def tell(
    name: str,
    plan: Plan,
    comparison: Comparison,
    reasons: Mapping[str, tuple[Reason, ...]],
    effects: Effects,
    graph: Graph,
) -> Story:
    """The story of a node, named as people say it or by its unique id.

    Raises:
        SettingsError: no node has that name, or several have.
    """
    nodes = comparison.after.nodes
    found = [uid for uid in nodes if uid == name] or [uid for uid in nodes if short(uid) == name]
    models = [uid for uid in found if kind_of(uid) not in ("test", "unit_test")]
    found = models if len(models) == 1 else found
    if len(found) != 1:
        message = f"{name} could be {', '.join(found[:5])}" if found else f"the project has no node {name}"
        raise SettingsError(message, "name it as the plan does, or by its unique id")
    unique_id = found[0]
    decisions = {each.unique_id: each.why for each in plan.run}
    why = decisions.get(unique_id) or {each.unique_id: each.why for each in plan.skipped}.get(unique_id, "is not built")
    own, building = comparison.dependencies.text(unique_id), comparison.dependencies.building(unique_id)
    parents = graph.parents.get(unique_id, ())
    reads = {
        "nodes": tuple(short(each) for each in parents),
        "macros": tuple(sorted(each.split(".", 1)[1] for each in own.macros | building.macros)),
        "variables": tuple(sorted(own.variables | building.variables)),
        "environment": tuple(sorted(own.environment | building.environment)),
        "besides": tuple(words for flag, words in _ASIDE.items() if own.flags & flag),
    }
    differs = effects.differences.get(unique_id)
    return Story(
        unique_id,
        nodes[unique_id].file,
        unique_id in decisions,
        why,
        tuple((kind, names) for kind, names in reads.items() if names),
        tuple(f"{each.kind} {each.detail}".strip() for each in reasons.get(unique_id, ())),
        differs.why if differs else "",
        tuple((short(each), effects.differences[each].why) for each in parents if each in effects.differences),
    )


@dataclass(frozen=True)
class Planned:
    """The plan with the parses that it rests on, for the steps that follow.

    `whole`: why all of the project was parsed; empty where no more was than the change reaches, and `head` is a part.
    `tagged`: whether columns of that project are tagged, as personal. `part`: what was cut out for it.
    """

    plan: Plan
    head: Parsed
    base: Baseline
    graph: graph.Graph
    comparison: Comparison
    reasons: Mapping[str, tuple[Reason, ...]]
    effects: Effects
    whole: str
    tagged: bool
    part: Part | None = None

    def holds(self, decisions: Iterable[Decision]) -> bool:
        """Whether `head` has all these nodes."""
        manifest = self.head.manifest
        known = (manifest.nodes, manifest.unit_tests, graph.functions(manifest))
        return all(any(each.unique_id in group for group in known) for each in decisions)

    def story(self, name: str) -> Story:
        """One node's whole story.

        Raises:
            SettingsError: no node has that name, or several have.
        """
        return tell(name, self.plan, self.comparison, self.reasons, self.effects, self.graph)


def plan(
    project: Project,
    targets: Targets,
    settings: Settings,
    base: str | None,
    state: str | None,
    strict: bool = False,
    whole: bool = False,
) -> Planned:
    """Compare the project with production's stored state, or with a git revision when `base` names one.

    With `strict`, another version of dbt or of the engine counts as a change of everything. Of the
    project no more is parsed than the change reaches, unless `whole` says so or that cannot be told.

    Raises:
        StateError: there is no stored state and no `base`.
    """
    alone = not engine_of(project, targets).exists()
    found, why = None, "asked for" if whole else "compared with a revision" if base else ""
    if alone:
        why = "there is no production to read, so parents run too, however far up"
    place = state or settings.state
    if not why:
        found, why = _near(project, targets, place, strict)
    if found is None:
        found = sides.whole(project, targets, base, None if base else baseline.stored(place), strict, place, whole)
    head, before, comparison, reasons, shape = found.head, found.base, found.comparison, found.reasons, found.graph
    with ExitStack() as stack:
        effects, breaking = _followed(project, head, before, shape, comparison, reasons, stack)
    run, skipped = divided(shape, effects.run, effects.left, alone)
    drawn = Plan(
        before.kind,
        before.name,
        tuple(
            replace(each, file=project.located(each.unique_id, each.file))
            for each in (*_changes(comparison, reasons, effects), *_removed(comparison, before, head))
        ),
        run,
        skipped,
        tuple(sorted(short(each) for each in shape.exposures if _touched(each, reasons, effects))),
        head.full,
        alone,
        breaking,
        comparison.toolchain(),
        unread=before.unread,
        inlined=tuple(each.unique_id for each in run if each.unique_id in shape.ephemeral),
        empty=tuple(sorted(shape.empty.intersection(reasons))),
    )
    return Planned(drawn, head, before, shape, comparison, reasons, effects, why, found.tagged, found.part)


def _followed(
    project: Project,
    head: Parsed,
    before: Baseline,
    shape: graph.Graph,
    comparison: Comparison,
    reasons: Mapping[str, tuple[Reason, ...]],
    stack: ExitStack,
) -> tuple[Effects, tuple[Break, ...]]:
    if not reasons:
        return Effects(), ()
    dependencies = comparison.dependencies
    compiling = Compiled(project, head, stack)
    earlier = comparison.before.nodes

    def same_layout(unique_id: str) -> bool:
        layout = comparison.after.layout(unique_id)
        return bool(layout) and layout == comparison.before.layout(unique_id)

    facts = Facts(
        shape,
        dialect(str(head.manifest.metadata.adapter_type)),
        before.compiled(),
        compiling.sql,
        compiled.names(head.manifest),
        dependencies.opaque,
        dependencies.unprovable,
        same_layout,
        lambda uid: earlier[uid].parents if uid in earlier else (),
    )
    effects = follow(facts, reasons)
    files, manifest = comparison.after.nodes, head.manifest
    by = Readers(
        shape,
        declared.read(manifest),
        lambda uid: project.located(uid, files[uid].file),
        project.root,
        facts.dialect,
        lambda uid: declared.keys(manifest.nodes[uid]),
        {uid for uid, node in manifest.nodes.items() if str(getattr(node, "language", "sql")) != "sql"},
    )
    return effects, breaks(effects, by)


def _changes(comparison: Comparison, reasons: Mapping[str, tuple[Reason, ...]], effects: Effects) -> Iterator[Change]:
    for unique_id, found in sorted(reasons.items()):
        differs = effects.differences.get(unique_id)
        new = found[0].kind == "new"
        resolved = differs is not None and differs.unresolved is None and not differs.cosmetic
        inert = all(each.effect == INERT for each in found)
        yield Change(
            unique_id,
            "added" if new else "modified",
            tuple(dict.fromkeys(each.kind for each in found)),
            comparison.after.nodes[unique_id].file,
            None,
            tuple(dict.fromkeys(f"{each.kind} {each.detail}".strip() for each in found)),
            inert or (differs is not None and differs.cosmetic and unique_id not in effects.run),
            differs is not None and differs.rows,
            Columns(differs.added, differs.removed, differs.changed, differs.retyped)
            if differs is not None and resolved
            else None,
            differs.why if differs is not None else "",
        )


def _removed(comparison: Comparison, before: Baseline, head: Parsed) -> Iterator[Change]:
    """What a removed node leaves behind is production's relation, whatever target the comparison was parsed under."""
    for unique_id in comparison.removed():
        if kind_of(unique_id) in ("source", "exposure", "unit_test", "metric", "semantic_model", "saved_query"):
            continue
        place = before.places.get(unique_id)
        reason = "disabled" if unique_id in head.manifest.disabled else "removed"
        file = comparison.before.nodes[unique_id].file
        yield Change(unique_id, "removed", (reason,), file, str(place) if place else None)


def _touched(exposure: str, reasons: Mapping[str, tuple[Reason, ...]], effects: Effects) -> bool:
    differs = effects.differences.get(exposure)
    return exposure in reasons or (differs is not None and not differs.cosmetic)


def _near(project: Project, targets: Targets, location: str, strict: bool) -> tuple[Sides | None, str]:
    """The sides as far as the change reaches, or why they have to be whole."""
    if (Path(location) / baseline.MANIFEST).is_file():
        return None, "compared with a folder of artifacts"
    try:
        return partly(project, targets, State(location), strict), ""
    except UnboundedError as error:
        return None, str(error)
