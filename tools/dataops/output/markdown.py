"""The review and the plan as Markdown that fits a pull-request comment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dataops.changes.plan import Plan, kind_of, short
from dataops.output.words import (
    against,
    broken,
    built_nodes,
    columns_changed,
    counted,
    left_alone,
    plural,
    reason,
    rows_changed,
)
from dataops.project.outcome import NodeResult
from dataops.review.verdict import Review

LIMIT = 60_000
"""Longest review in characters; GitHub refuses comments of more than 65,536."""

_ROWS = 40
"""Longest list before the rest is only counted."""


def review(review: Review) -> str:
    """The whole review, verdict first."""
    icon = "✅" if review.exit_code == 0 else "❌"
    parts = [f"## {icon} {review.verdict}", _summary(review)]
    parts += [*_failures(review), *_lint(review), *_data(review), *plan_sections(review.plan), _timings(review)]
    return _cut("\n\n".join(part for part in parts if part)) + "\n"


def plan(plan: Plan) -> str:
    """The plan alone."""
    head = f"## Plan: {counted(d.unique_id for d in plan.run)} to run, {len(plan.skipped):,} skipped"
    return _cut("\n\n".join([head, f"Compared with {against(plan)}.", *plan_sections(plan)])) + "\n"


def plan_sections(plan: Plan) -> list[str]:
    """Changes with reasons, what runs, what is left alone, what is touched."""
    parts = _breaking(plan)
    if plan.changes:
        rows = [
            (f"`{short(c.unique_id)}`", "cosmetic" if c.cosmetic else c.kind, reason(c), f"`{c.file}`")
            for c in plan.changes
        ]
        parts.append("### What changed\n\n" + _table(("node", "", "why", "file"), rows))
    if plan.removed:
        left = [change.relation for change in plan.removed if change.relation]
        if left:
            parts.append(
                "**No longer built.** These relations stay in production, unrefreshed, until someone drops them: "
                + ", ".join(f"`{name}`" for name in left)
            )
    nodes = built_nodes(plan.run)
    if nodes:
        reasons = [(f"`{short(each.unique_id)}`", each.why) for each in nodes]
        parts.append(_folded(f"What runs: {counted(d.unique_id for d in plan.run)}", _table(("node", "why"), reasons)))
    if plan.skipped:
        rows_left = [(f"{who}", why) for who, why in left_alone(plan)]
        title = f"Left alone: {counted(d.unique_id for d in plan.skipped)}"
        parts.append(_folded(title, _table(("what", "why"), rows_left)))
    if plan.exposures:
        parts.append("**Exposures affected:** " + ", ".join(f"`{name}`" for name in plan.exposures))
    if plan.full_parse:
        parts.append(f"dbt read every file anew: {plan.full_parse}")
    return parts


def _breaking(plan: Plan) -> list[str]:
    parts = []
    if plan.breaking:
        breaks = [f"- {broken(each)}" for each in plan.breaking[:_ROWS]]
        if len(plan.breaking) > _ROWS:
            breaks.append(f"- … and {len(plan.breaking) - _ROWS:,} more, all in `review.json`")
        parts.append(f"### Breaks {plural(len(plan.breaking), 'reader')}\n\n" + "\n".join(breaks))
    if plan.toolchain:
        parts.append(f"**Toolchain changed:** {', '.join(plan.toolchain)}")
    return parts


def _summary(review: Review) -> str:
    outcome = review.built.outcome if review.built else None
    words = [f"Compared with {against(review.plan)}", f"ran {counted(d.unique_id for d in review.plan.run)}"]
    if review.plan.alone:
        words.append("no production data here yet: parents were built too")
    if outcome and outcome.warned:
        words.append(plural(len(outcome.warned), "warning"))
    return " · ".join(words)


def _failures(review: Review) -> list[str]:
    if not review.built:
        return []
    parts = []
    failed = review.built.outcome.failed
    if failed:
        rows = [
            (f"`{short(each.unique_id)}`", each.status, _one_line(each.message.split("\n")[0]), f"`{each.file}`")
            for each in failed
        ]
        parts.append("### What failed\n\n" + _table(("node", "", "message", "file"), rows))
        parts += [_whole_message(each) for each in failed[:_ROWS] if "\n" in each.message]
    skipped = [each.unique_id for each in review.built.outcome.results if each.status == "skipped"]
    if skipped:
        nodes = [f"`{short(uid)}`" for uid in skipped if kind_of(uid) not in ("test", "unit_test")]
        parts.append(
            f"Not reached because of that: {counted(skipped)}" + (f" ({', '.join(nodes[:_ROWS])})" if nodes else "")
        )
    warned = review.built.outcome.warned
    if warned:
        notes = [(f"`{short(each.unique_id)}`", _one_line(each.message), f"`{each.file}`") for each in warned]
        parts.append("### Warnings\n\n" + _table(("test", "message", "file"), notes))
    return parts


def _whole_message(result: NodeResult) -> str:
    """A message of many lines as it stands, such as the rows in which a unit test differs."""
    lines = result.message.splitlines()
    rest = [f"… {len(lines) - _ROWS:,} more lines"] if len(lines) > _ROWS else []
    return f"`{short(result.unique_id)}`:\n\n```text\n" + "\n".join([*lines[:_ROWS], *rest]) + "\n```"


def _lint(review: Review) -> list[str]:
    findings = review.linted.findings
    if not findings:
        return []
    rows = [(f"`{f.file}:{f.line}`", f.rule, _one_line(f.message)) for f in findings]
    return [f"### Lint: {plural(len(findings), 'finding')}\n\n" + _table(("where", "rule", "message"), rows)]


def _data(review: Review) -> list[str]:
    if not review.built or not review.built.compared:
        return []
    rows = [
        (f"`{short(each.unique_id)}`", rows_changed(each), columns_changed(each) or "same")
        for each in review.built.compared
    ]
    text = "### Data, production → this change\n\n" + _table(("relation", "rows", "columns"), rows, right=(1,))
    if review.built.copied:
        started = ", ".join(f"`{short(uid)}`" for uid in review.built.copied[:_ROWS])
        text += f"\n\nStarted from a copy of production's rows: {started}"
    return [text]


def _timings(review: Review) -> str:
    return "<sub>" + " · ".join(f"{name} {seconds:.1f} s" for name, seconds in review.timings) + "</sub>"


def _table(heads: Sequence[str], rows: Iterable[Sequence[str]], right: tuple[int, ...] = ()) -> str:
    every = list(rows)
    rule = "|".join(" ---: " if index in right else " --- " for index in range(len(heads)))
    lines = ["| " + " | ".join(heads) + " |", f"|{rule}|"]
    lines += ["| " + " | ".join(_cell(cell) for cell in row) + " |" for row in every[:_ROWS]]
    if len(every) > _ROWS:
        lines.append(f"\n… and {len(every) - _ROWS:,} more, all in `review.json`")
    return "\n".join(lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{title}</summary>\n\n{body}\n\n</details>"


def _one_line(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 300 else line[:300] + " …"


def _cut(text: str) -> str:
    if len(text) <= LIMIT:
        return text
    return text[:LIMIT].rsplit("\n", 1)[0] + "\n\n… cut here; the whole review is in `review.json`"
