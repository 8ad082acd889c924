"""Small pieces of text that every rendering shares."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable
from datetime import datetime

from dataops.health.health import Incident, Monitor, Point, Series
from dataops.lint.findings import Linted
from dataops.plan.plan import Decision, Plan, kind_of, short
from dataops.project import statuses
from dataops.project.difference import Break, Change
from dataops.review.verdict import Compared

_NOUNS = {"unit_test": "unit test", "operation": "hook", "saved_query": "saved query"}
_PLURALS = {"analysis": "analyses", "saved query": "saved queries"}


def plural(number: int, noun: str) -> str:
    """`1 model`, `1,200 models`."""
    noun = _NOUNS.get(noun, noun)
    return f"{number:,} {noun if number == 1 else _PLURALS.get(noun, noun + 's')}"


def linted_files(linted: Linted) -> str:
    """`2 files`; where some could not be linted, `1 of 2 files`, or `none of 2 files`."""
    every, number = plural(len(linted.files), "file"), len(linted.files) - len(linted.skipped)
    return f"{number or 'none'} of {every}" if linted.skipped else every


def findings(linted: Linted) -> str:
    """`2 findings`; where the base has some in the same places, also how many: they are no findings of the change."""
    if not linted.known:
        return plural(len(linted.findings), "finding") if linted.findings else "no findings"
    fresh = plural(len(linted.findings), "new finding") if linted.findings else "no new findings"
    return f"{fresh}, {linted.known:,} that the base has too"


def counted(unique_ids: Iterable[str]) -> str:
    """`3 models, 12 tests` for a set of unique ids."""
    kinds = Counter(kind_of(unique_id) for unique_id in unique_ids)
    order = ("model", "seed", "snapshot", "source", "test", "unit_test", "exposure")
    ranked = sorted(kinds.items(), key=lambda each: order.index(each[0]) if each[0] in order else len(order))
    return ", ".join(plural(number, kind) for kind, number in ranked) or "nothing"


def against(plan: Plan) -> str:
    """What the plan was compared with, for a sentence."""
    noun = {"release": "release", "revision": "revision", "artifacts": "artifacts"}[plan.base_kind]
    return f"{noun} {plan.base_name}"


def unread(plan: Plan) -> str:
    """That the base could not be read, and what follows."""
    return f"{plan.base_name} cannot be read, so everything is treated as changed: {plan.unread}"


def reason(change: Change) -> str:
    """Why a node differs and what that does: `macro cents_to_euros: column amount is computed differently`."""
    words = ", ".join(change.details or change.reasons)
    if change.cosmetic:
        return f"{words}: nothing that is built differs"
    meaning = change.meaning
    return words if not meaning or meaning.startswith(("modified:", "added:")) else f"{words}: {meaning}"


def left_alone(plan: Plan) -> list[tuple[str, str]]:
    """What is skipped and why, grouped: `3 models` with `reads none of what changed in stg_orders`."""
    groups: dict[str, list[str]] = {}
    for each in plan.skipped:
        groups.setdefault(each.why, []).append(each.unique_id)
    ranked = sorted(groups.items(), key=lambda each: (len(each[1]), each[0]))
    return [(named(nodes), why) for why, nodes in ranked]


def named(nodes: list[str]) -> str:
    """A few nodes by name, many counted."""
    return ", ".join(short(node) for node in nodes) if len(nodes) <= 3 else counted(nodes)


def broken(each: Break) -> str:
    """A break as `file:line reader reads amount of stg_orders, which is removed`."""
    where = f"{each.file}:{each.line}" if each.line else each.file
    kind = kind_of(each.reader)
    reader = (
        short(each.reader)
        if kind in ("model", "snapshot", "test")
        else f"{kind.replace('_', ' ')} {short(each.reader)}"
    )
    becomes = "may be of another type" if each.doubt == "type" else f"is {each.kind}"
    if kind == "exposure":
        return f"{where} {reader} rests on {short(each.unique_id)}, whose column {each.column} {becomes}"
    reads = "may read" if each.doubt == "reader" else "reads"
    return f"{where} {reader} {reads} {each.column} of {short(each.unique_id)}, which {becomes}"


def built_nodes(decisions: Iterable[Decision]) -> list[Decision]:
    """The decisions on relations, without those on tests."""
    return [each for each in decisions if kind_of(each.unique_id) not in ("test", "unit_test")]


def columns_changed(compared: Compared) -> str:
    """How the columns differ from production's: `+score, −age, amount: INTEGER → DOUBLE`; empty when alike."""
    if compared.after is None:
        return ""
    if compared.before is None:
        return plural(len(compared.after.columns), "column")
    before, after = compared.before.columns, compared.after.columns
    words = [f"+{name}" for name in after if name not in before]
    words += [f"−{name}" for name in before if name not in after]
    words += [
        f"{name}: {before[name]} → {after[name]}" for name in after if name in before and after[name] != before[name]
    ]
    if not words and list(before) != list(after):
        words.append("columns reordered")
    return ", ".join(words)


def rows_changed(compared: Compared) -> str:
    """`1,204 → 1,198 (−6)`, `new: 12`, or `1,204` when nothing changed."""
    if compared.after is None:
        return "–"
    after = compared.after.rows
    if compared.before is None:
        return f"new: {after:,}"
    before = compared.before.rows
    if before == after:
        return f"{after:,}"
    sign = "+" if after > before else "−"
    return f"{before:,} → {after:,} ({sign}{abs(after - before):,})"


_TONES = {
    "bad": ("failing", "failed", *statuses.FAILED, "not ready"),
    "warned": ("late", "anomalous", "paused", *statuses.WARNED, "interrupted", "running"),
    "good": ("ok", *statuses.PASSED, "live", "ready"),
}
_WORDS = {
    "beyond_limit": "beyond the control limits",
    "ewma_beyond_limit": "moving average beyond its limits",
    "cusum_beyond_limit": "cumulative sum beyond its limit",
    "not_finite": "not a finite number",
    "zero": "zero",
}


def tone(state: str) -> str:
    """The class of a state's colour; empty for one that is neither good nor bad."""
    return next((name for name, states in _TONES.items() if state in states), "")


def iso(at: datetime) -> str:
    """A moment for machines."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def minute(at: datetime) -> str:
    """A moment for people, in UTC."""
    return f"{at:%Y-%m-%d %H:%M}"


def second(at: datetime) -> str:
    """The time of a moment of today, in UTC."""
    return f"{at:%H:%M:%S}"


def took(seconds: float) -> str:
    """A duration: `0.4 s`, `3 min 20 s`, `2 h 5 min`."""
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def figure(value: float | None) -> str:
    """A number with as many digits as tell it from its neighbours; a dash where it is unknown."""
    if value is None:
        return "–"
    if not math.isfinite(value):
        return "not a number" if math.isnan(value) else "∞" if value > 0 else "−∞"
    if value == int(value) and abs(value) < 1e15:
        return f"{int(value):,}"
    return f"{value:,.4g}" if abs(value) < 1000 else f"{value:,.1f}"


def rule(name: str) -> str:
    """A rule of a control chart by its name in docs/monitors.md."""
    return _WORDS.get(name) or name.replace("_", " ")


def said(monitor: Monitor) -> list[str]:
    """What a monitor's charts show, for whoever does not see them: the newest point that fired of each series."""
    lines = [_fired(series, monitor.incidents) for series in monitor.series if series.fired]
    lines += [
        f"Acknowledged by {each.by}, {minute(each.start)} to {minute(each.end)} UTC: {each.reason}"
        for each in monitor.incidents
    ]
    if monitor.left_out:
        lines.append(f"{monitor.left_out:,} more series, of which none fired, are not drawn")
    return lines


def title(series: Series) -> str:
    """`average`, or `volume of country = DE`."""
    return f"{series.metric} of {series.dimension}" if series.dimension else series.metric


def described(series: Series) -> str:
    """A chart in a sentence."""
    if not series.points:
        return f"{title(series)}: no points"
    last = series.points[-1]
    limits = _limits(last)
    fired = f"; {plural(len(series.fired), 'point')} fired" if series.fired else "; none fired"
    first = f"{title(series)}: {plural(len(series.points), 'point')} from {minute(series.points[0].at)}"
    return f"{first} to {minute(last.at)} UTC, last value {figure(last.value)}{limits}{fired}"


def acknowledged(point: Point, incidents: tuple[Incident, ...]) -> Incident | None:
    """The incident that a point belongs to."""
    return next((each for each in incidents if each.start <= point.at <= each.end), None)


def _limits(point: Point) -> str:
    return f", limits {figure(point.lower)} to {figure(point.upper)}" if point.upper is not None else ""


def _fired(series: Series, incidents: tuple[Incident, ...]) -> str:
    last = series.fired[-1]
    assert last.rule is not None  # noqa: S101 - that is what `fired` means
    known = ", acknowledged" if acknowledged(last, incidents) else ""
    limits = _limits(last)
    return f"{title(series)}: {rule(last.rule)} at {minute(last.at)} UTC, value {figure(last.value)}{limits}{known}"
