"""Whole pages: the review, the plan alone, one difference alone."""

from __future__ import annotations

from dataclasses import replace

from dataops.check.findings import Checked
from dataops.diff.difference import Diff
from dataops.output.conventions import summary
from dataops.output.page import contracts, conventions, data, differing, problems, values
from dataops.output.page.blocks import MOST, Block, Folded, Line, Page, Paragraph, Section, joined, line, table
from dataops.output.page.details import details
from dataops.output.page.personal import without_personal, without_values
from dataops.output.page.problems import paused
from dataops.output.words import against, built_nodes, counted, left_alone, plural, reason
from dataops.plan.plan import Plan, called
from dataops.review.verdict import Review

_NAMED = 40


def plan_sections(plan: Plan) -> list[Section]:
    """All of it, in the order of a reader's questions."""
    found = [
        Section("what changed", line("What changed") if plan.changes else (), tuple(_changes(plan)), weight=3),
        Section("what runs and what is left alone", (), tuple(_decisions(plan)), weight=1),
        Section("exposures", (), tuple(_exposures(plan)), weight=4),
    ]
    return [section for section in found if section.blocks]


def _changes(plan: Plan) -> list[Block]:
    blocks: list[Block] = []
    if plan.changes:
        names = called(each.unique_id for each in plan.changes)
        rows = [
            (
                line(values.name(names[each.unique_id])),
                line("cosmetic" if each.cosmetic else each.kind),
                line(values.prose(reason(each))),
                line(values.name(each.file)),
            )
            for each in plan.changes[:MOST]
        ]
        blocks.append(table("Nodes that changed", ("node", "change", "why", "file"), rows, total=len(plan.changes)))
    left = [each.relation for each in plan.removed if each.relation]
    if left:
        blocks.append(
            Paragraph(
                line(
                    "No longer built. These relations stay in production, unrefreshed, until someone drops them: ",
                    _names(left),
                )
            )
        )
    return blocks


def _decisions(plan: Plan) -> list[Block]:
    blocks: list[Block] = []
    nodes = built_nodes(plan.run)
    if nodes:
        names = called(each.unique_id for each in nodes)
        rows = [(line(values.name(names[each.unique_id])), line(values.prose(each.why))) for each in nodes[:MOST]]
        title = line(f"What runs: {counted(each.unique_id for each in plan.run)}")
        blocks.append(Folded(title, (table("What runs", ("node", "why"), rows, total=len(nodes)),)))
    if plan.skipped:
        every = left_alone(plan)
        groups = [(line(values.prose(who)), line(values.prose(why))) for who, why in every[:MOST]]
        title = line(f"Left alone: {counted(each.unique_id for each in plan.skipped)}")
        blocks.append(Folded(title, (table("Left alone", ("what", "why"), groups, total=len(every)),)))
    return blocks


def _exposures(plan: Plan) -> list[Block]:
    blocks: list[Block] = []
    if plan.exposures:
        blocks.append(Paragraph(line("Exposures affected: ", _names(list(plan.exposures)))))
    if plan.full_parse:
        blocks.append(Paragraph(line("dbt read every file anew: ", values.prose(plan.full_parse))))
    return blocks


def _names(names: list[str]) -> Line:
    shown = joined([line(values.name(name)) for name in names[:_NAMED]])
    return line(shown, f" and {len(names) - _NAMED:,} more" if len(names) > _NAMED else "")


def review(review: Review) -> Page:
    """What a reviewer reads, the verdict first."""
    open_ = without_personal(review)
    sections = [
        *problems.breaking(open_.plan),
        *problems.failures(open_),
        *problems.rules(open_.rulings),
        *problems.lint(open_),
        *contracts.section(open_.promised),
        *conventions.section(open_.checked),
        *paused(open_),
        *problems.warnings(open_),
        *data.sections(open_.diffs, open_.built),
        *plan_sections(open_.plan),
        *_timings(open_),
    ]
    return Page(
        review.verdict, review.exit_code == 0, (_summary(open_),), tuple(sections), "review.html", "review.json"
    )


def checked(checked: Checked) -> Page:
    """The conventions alone."""
    everything = "dataops check --format json"
    sections = tuple(replace(each, title=()) for each in conventions.section(checked))
    return Page(summary(checked), not checked.failures, (), sections, everything, everything)


def plan(plan: Plan) -> Page:
    """The plan alone."""
    title = f"Plan: {counted(each.unique_id for each in plan.run)} to run, {len(plan.skipped):,} skipped"
    sections = (*problems.breaking(plan), *plan_sections(plan))
    everything = "dataops plan --format json"
    return Page(title, None, (line(f"Compared with {against(plan)}."),), sections, everything, everything)


def diff(diff: Diff) -> Page:
    """One difference alone."""
    open_ = without_values(diff)
    title = f"{values.message(differing.called(diff), 120)}: {differing.headline(open_)}"
    blocks = [*([data.summary([open_])] if open_.rows else []), *details(open_)]
    sections = (
        Section("the difference", (), tuple(blocks), weight=2),
        Section("timings", (), (Paragraph(line(f"compared in {diff.seconds:.1f} s"), quiet=True),), weight=1),
    )
    everything = "dataops diff --format json"
    return Page(title, None, (), sections, everything, everything)


def diffs(diffs: tuple[Diff, ...]) -> Page:
    """Several differences: one table, then each that differs."""
    sections = data.sections(tuple(without_values(each) for each in diffs), None)
    title = "".join(span.text for section in sections[:1] for span in section.title) or "Data: nothing was compared"
    everything = "dataops diff --format json"
    untitled = (replace(section, title=()) for section in sections)
    return Page(title, None, (), tuple(untitled), everything, everything)


def _summary(review: Review) -> Line:
    outcome = review.built.outcome if review.built else None
    words = [
        f"Compared with {values.message(against(review.plan))}",
        f"ran {counted(d.unique_id for d in review.plan.run)}",
    ]
    if review.plan.alone:
        words.append("no production data here yet: parents were built too")
    if outcome and outcome.warned:
        words.append(plural(len(outcome.warned), "warning"))
    failed = sum(each.rows is None for each in review.diffs)
    if failed:
        words.append(f"{plural(failed, 'relation')} could not be compared")
    return line(" · ".join(words))


def _timings(review: Review) -> list[Section]:
    if not review.timings:
        return []
    text = " · ".join(f"{name} {seconds:.1f} s" for name, seconds in review.timings)
    return [Section("timings", (), (Paragraph(line(text), quiet=True),), weight=4)]
