"""What alerts say: as plain text, which mail, chat and pagers all show, as sections for whoever lays them out, and the
charts that go with them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dataops.alerts.alert import Concern, Production, Resolved, Row, Section, written
from dataops.health.health import Monitor
from dataops.history.names import short
from dataops.output import drawing
from dataops.output.words import minute, plural, said, title, took

_WHOLE = 10
"""Problems of one message that are told in full; of the others the names."""
_ROWS = 3
_CHARTS = 3
_LONGEST = {"message": 400, "value": 60}
# What chat programs read as a call to everybody, or to somebody.
_CALL = re.compile(r"<(?=[!@#])|@(?=(?:everyone|here|channel|all)\b)", re.IGNORECASE)


@dataclass(frozen=True)
class Text:
    """One message: `body` says in plain text what `sections` say one by one, and `links` lead to.

    `tone`: bad, warned, good, or quiet for what asks nobody to act. `charts` go with it as pictures.
    """

    title: str
    body: str
    tone: str
    sections: tuple[Section, ...] = ()
    links: tuple[tuple[str, str], ...] = ()
    charts: tuple[Monitor, ...] = ()


def opened(production: Production, group: Sequence[Concern], site: str | None) -> Text:
    """The message on problems that belong together. `site`: the address of the site, without a slash at its end."""
    problems = [each.problem for each in group]
    if len(group) == 1:
        what = f"{problems[0].name} is {problems[0].kind}"
    else:
        more = f" and {len(group) - 2} more" if len(group) > 2 else ""
        what = f"{plural(len(group), 'problem')}: {', '.join(each.name for each in problems[:2])}{more}"
    sections = [_section(each, site) for each in group[:_WHOLE]]
    if len(group) > _WHOLE:
        rest = ", ".join(f"{each.name} ({each.kind})" for each in problems[_WHOLE:])
        sections.append(Section(_line(f"And: {rest}")))
    jobs = dict.fromkeys(each.job for each in group if each.job)
    links = (*((job, "Run") for job in jobs), *_home(site))
    tone = "bad" if any(each.kind in ("failing", "paused") for each in problems) else "warned"
    charts = tuple(each.monitor for each in group if each.monitor is not None)[:_CHARTS]
    parts = ["\n".join(_written(each)) for each in sections]
    parts += [f"Run: {job}" for job in jobs] + [address for address, _ in _home(site)]
    return Text(_line(f"{_where(production)}: {what}"), "\n\n".join(parts), tone, tuple(sections), links, charts)


def over(production: Production, resolved: Sequence[Resolved], still: int, now: datetime, site: str | None) -> Text:
    """The message on problems that are over, while `still` others are not."""
    ended = [_ended(each, now) for each in resolved]
    rest = f"Still open: {still}." if still else "Nothing else is open."
    sections = (*(Section(each) for each in ended), Section(rest))
    home = [line for address, _ in _home(site) for line in ("", address)]
    name = f"{resolved[0].told.name} is resolved" if len(resolved) == 1 else f"{len(resolved)} problems are resolved"
    tone = "quiet" if still else "good"
    return Text(_line(f"{_where(production)}: {name}"), "\n".join([*ended, rest, *home]), tone, sections, _home(site))


def picture(monitor: Monitor) -> bytes:
    """A monitor's control chart as PNG: of its series the one that fired last."""
    fired = [each for each in monitor.series if each.fired]
    series = max(fired, key=lambda each: each.fired[-1].at) if fired else monitor.series[0]
    spec = drawing.filled(
        drawing.control_chart(), {"points": drawing.points(series, monitor.incidents), "releases": []}, 640, 240
    )
    return drawing.png({**spec, "title": f"{monitor.name}: {title(series)}"}, scale=1.5)


def _section(concern: Concern, site: str | None) -> Section:
    problem = concern.problem
    about = short(concern.node) if concern.node else ""
    headline = f"{problem.kind.upper()} {problem.name}" + (f" of {about}" if about and about != problem.name else "")
    messages = said(concern.monitor)[:_ROWS] if concern.monitor and problem.kind == "anomalous" else [problem.message]
    # A command is nobody's.
    facts = [("owner", _line(problem.owner or ""))] if problem.node or not problem.key else []
    if problem.since:
        facts.append(("newest row" if problem.kind == "late" else "since", f"{minute(problem.since)} UTC"))
    if concern.file:
        facts.append(("file", concern.file))
    hidden = f"without the personal columns {', '.join(concern.hidden)}" if concern.hidden else None
    return Section(
        _line(headline),
        tuple(_cut(each, "message") for each in messages),
        tuple(facts),
        tuple(_row(each) for each in concern.samples[:_ROWS]),
        _line(hidden) if hidden else None,
        (f"{site}/charts.html#{problem.chart}", "Chart") if site and problem.chart else None,
    )


def _written(section: Section) -> Iterator[str]:
    """A section as plain text: facts on two lines, of which the file needs no label."""
    facts = dict(section.facts)
    owner = facts.pop("owner", None)
    yield section.headline + ("" if owner is None else f", owner {owner}" if owner else ", no owner")
    yield from section.lines
    if facts:
        yield ", ".join(value if label == "file" else f"{label} {value}" for label, value in facts.items())
    for row in section.rows:
        yield f"  {written(row)}"
    if section.note:
        yield f"  {section.note}"
    if section.link:
        yield section.link[0]


def _home(site: str | None) -> tuple[tuple[str, str], ...]:
    return ((f"{site}/index.html", "Site"),) if site else ()


def _row(row: Mapping[str, str | None]) -> Row:
    return tuple((_line(name), None if value is None else _cut(value, "value")) for name, value in row.items())


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
