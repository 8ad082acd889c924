"""Whole pages: the review, the plan alone, one difference alone."""

from __future__ import annotations

from dataclasses import replace

from dataops.changes.plan import Plan
from dataops.diff.facts import Diff
from dataops.output.page import data, differing, judged, planned, ruled, values
from dataops.output.page.blocks import Line, Page, Paragraph, Section, line
from dataops.output.page.details import details
from dataops.output.page.paused import paused
from dataops.output.page.personal import without_personal, without_values
from dataops.output.words import against, counted, plural
from dataops.review.verdict import Review


def review(review: Review) -> Page:
    """What a reviewer reads, the verdict first."""
    open_ = without_personal(review)
    sections = [
        *judged.breaking(open_.plan),
        *judged.failures(open_),
        *ruled.rules(open_.rulings),
        *judged.lint(open_),
        *paused(open_),
        *judged.warnings(open_),
        *data.sections(open_.diffs, open_.built),
        *planned.sections(open_.plan),
        *_timings(open_),
    ]
    return Page(
        review.verdict, review.exit_code == 0, (_summary(open_),), tuple(sections), "review.html", "review.json"
    )


def plan(plan: Plan) -> Page:
    """The plan alone."""
    title = f"Plan: {counted(each.unique_id for each in plan.run)} to run, {len(plan.skipped):,} skipped"
    sections = (*judged.breaking(plan), *planned.sections(plan))
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
