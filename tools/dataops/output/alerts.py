"""Alerts as plain text, which mail, chat and pagers all show, and the charts that go with them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dataops.observe.alert.facts import Concern, Production, Resolved
from dataops.observe.names import short
from dataops.observe.site.facts import Monitor
from dataops.output.site import data, drawing, specs
from dataops.output.site.wording import minute, said, title, took
from dataops.output.words import plural

_WHOLE = 10
"""Problems of one message that are told in full; of the others the names."""
_ROWS = 3
_CHARTS = 3
_LONGEST = {"message": 400, "value": 60}
# What chat programs read as a call to everybody, or to somebody.
_CALL = re.compile(r"<(?=[!@#])|@(?=(?:everyone|here|channel|all)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Text:
    """One message. `tone`: bad, warned, good, or quiet for what asks nobody to act.

    `charts` go with it as pictures.
    """

    title: str
    body: str
    tone: str
    charts: tuple[Monitor, ...] = ()


def opened(production: Production, group: Sequence[Concern], site: str | None) -> Text:
    """The message on problems that belong together. `site`: the address of the site, without a slash at its end."""
    problems = [each.problem for each in group]
    if len(group) == 1:
        what = f"{problems[0].name} is {problems[0].kind}"
    else:
        more = f" and {len(group) - 2} more" if len(group) > 2 else ""
        what = f"{plural(len(group), 'problem')}: {', '.join(each.name for each in problems[:2])}{more}"
    parts = ["\n".join(_told(each, site)) for each in group[:_WHOLE]]
    if len(group) > _WHOLE:
        parts.append("And: " + ", ".join(f"{each.name} ({each.kind})" for each in problems[_WHOLE:]))
    parts += [f"Run: {job}" for job in dict.fromkeys(each.job for each in group if each.job)]
    parts += [f"{site}/index.html"] if site else []
    tone = "bad" if any(each.kind in ("failing", "paused") for each in problems) else "warned"
    charts = tuple(each.monitor for each in group if each.monitor is not None)[:_CHARTS]
    return Text(_line(f"{_where(production)}: {what}"), "\n\n".join(parts), tone, charts)


def over(production: Production, resolved: Sequence[Resolved], still: int, now: datetime, site: str | None) -> Text:
    """The message on problems that are over, while `still` others are not."""
    lines = [_ended(each, now) for each in resolved]
    lines.append(f"Still open: {still}." if still else "Nothing else is open.")
    if site:
        lines += ["", f"{site}/index.html"]
    name = f"{resolved[0].told.name} is resolved" if len(resolved) == 1 else f"{len(resolved)} problems are resolved"
    return Text(_line(f"{_where(production)}: {name}"), "\n".join(lines), "quiet" if still else "good")


def picture(monitor: Monitor) -> bytes:
    """A monitor's control chart as PNG: of its series the one that fired last."""
    fired = [each for each in monitor.series if each.fired]
    series = max(fired, key=lambda each: each.fired[-1].at) if fired else monitor.series[0]
    spec = specs.filled(specs.control_chart(), data.drawn(series, monitor.incidents, ()), 640, 240)
    return drawing.png({**spec, "title": f"{monitor.name}: {title(series)}"}, scale=1.5)


def _told(concern: Concern, site: str | None) -> Iterator[str]:
    problem = concern.problem
    about = short(concern.node) if concern.node else ""
    yield _line(
        f"{problem.kind.upper()} {problem.name}"
        + (f" of {about}" if about and about != problem.name else "")
        + (f", owner {problem.owner}" if problem.owner else ", no owner")
    )
    messages = said(concern.monitor)[:_ROWS] if concern.monitor and problem.kind == "anomalous" else [problem.message]
    yield from (_cut(each, "message") for each in messages)
    begun = "newest row" if problem.kind == "late" else "since"
    places = [f"{begun} {minute(problem.since)} UTC"] if problem.since else []
    places += [concern.file] if concern.file else []
    if places:
        yield ", ".join(places)
    yield from (f"  {_row(each)}" for each in concern.samples[:_ROWS])
    if concern.hidden:
        yield _line(f"  without the personal columns {', '.join(concern.hidden)}")
    if site and problem.chart:
        yield f"{site}/charts.html#{problem.chart}"


def _row(row: Mapping[str, str | None]) -> str:
    return ", ".join(
        f"{_line(name)}: {'null' if value is None else _cut(value, 'value')}" for name, value in row.items()
    )


def _ended(each: Resolved, now: datetime) -> str:
    lasted = f" for {took((now - each.told.since).total_seconds())}" if each.told.since else ""
    gone = "; it is not in the project any more" if each.removed else ""
    return _line(f"RESOLVED {each.told.name}, {each.told.kind}{lasted}{gone}")


def _where(production: Production) -> str:
    return f"{production.project} {production.environment}"


def _cut(text: str, what: str) -> str:
    line, longest = _line(text), _LONGEST[what]
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _line(text: str) -> str:
    """On one line, calling nobody."""
    printable = "".join(each if each.isprintable() else " " for each in text)
    return _CALL.sub(lambda found: found[0] + "\u2060", " ".join(printable.split()))
