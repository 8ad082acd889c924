"""What a page draws or searches, as scripts that deliver it: they load from a folder, where requests are refused."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

from dataops.health.health import Incident, Monitor, Point, Series
from dataops.output import drawing
from dataops.output.words import described, figure, iso, minute, plural, rule, title, took
from dataops.plan.lineage import Relation
from dataops.project import statuses
from dataops.site.content import SHOWN, NodeRun, Released, Run

HEIGHT = 220
"""Height of a control chart, in pixels."""

_LANE = 26
_STATES = {
    **dict.fromkeys(statuses.PASSED, "good"),
    **dict.fromkeys(statuses.WARNED, "warned"),
    **dict.fromkeys((*statuses.SKIPPED, *statuses.IDLE, "running"), "skipped"),
}
_POINTS = ("When", "Value", "Centre", "Lower limit", "Upper limit", "Rule")


def script(name: str, content: Any) -> str:
    """A file that delivers `content`. Parsed as JSON it is faster than as a literal, and no key has a meaning."""
    text = json.dumps(content, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return f"dataops.deliver({json.dumps(name)},JSON.parse({json.dumps(text, ensure_ascii=False)}));\n"


def specifications() -> str:
    """What charts look like, apart from their data."""
    return script("specs", {"control_chart": drawing.control_chart(), "gantt": drawing.gantt()})


def monitor(monitor: Monitor, releases: tuple[Released, ...]) -> str:
    """A monitor's charts, one for each series."""
    drawings = []
    for series in monitor.series:
        drawings.append(
            {
                "spec": "control_chart",
                "title": title(series),
                "words": described(series),
                "height": HEIGHT,
                "data": drawn(series, monitor.incidents, releases),
                "caption": plural(len(series.points), "point") + " as a table",
                "label": f"Points of {title(series)}, {monitor.name}",
                "heads": _POINTS,
                "rows": [_row(point) for point in reversed(series.points)],
            }
        )
    return script(monitor.key, {"drawings": drawings})


def drawn(
    series: Series, incidents: tuple[Incident, ...], releases: tuple[Released, ...]
) -> dict[str, list[dict[str, Any]]]:
    """The data of a series' control chart."""
    return {"points": drawing.points(series, incidents), "releases": _releases(series.points, releases)}


def run(run: Run) -> str:
    """An invocation's Gantt chart. The slowest of its nodes are drawn, and its critical path whole."""
    nodes = run.nodes or ()
    longest = sorted(nodes, key=lambda node: (node.critical, node.seconds), reverse=True)[:SHOWN]
    drawn = sorted(longest, key=lambda node: node.started)
    critical = [node for node in nodes if node.critical]
    every = max(len(nodes), sum(run.counts.values()))
    words = f"{plural(every, 'node')} by thread and time"
    if every > len(drawn):
        words += f", the {len(drawn)} longest of them drawn"
    if critical:
        words += ". Critical path: " + ", ".join(node.name for node in critical)
    slowest = sorted(nodes, key=lambda node: node.seconds, reverse=True)[:20]
    ways = [("Critical path", critical), ("Slowest nodes", slowest)]
    drawings: list[dict[str, Any]] = [
        {
            "spec": "gantt",
            "title": "",
            "words": words,
            "height": _LANE * len({node.lane for node in drawn}),
            "data": {"nodes": [_bar(node, run) for node in drawn]},
            "caption": " and ".join(f"{name.lower()}" for name, rows in ways if rows).capitalize() + ", as a table",
            "label": f"Nodes of the invocation of {minute(run.started)} UTC",
            "heads": ("Node", "Kind", "Status", "Started after", "Took", "Of"),
            "rows": [
                [node.name, node.kind, node.status, took(_after(node, run)), took(node.seconds), name.lower()]
                for name, rows in ways for node in rows
            ],
        }
    ]  # fmt: skip
    return script(f"run-{run.key}", {"drawings": drawings if nodes else []})


def lineage(relations: tuple[Relation, ...], documented: frozenset[str]) -> str:
    """All nodes; parents and origins are positions in the list."""
    at = {each.key: index for index, each in enumerate(relations)}
    return script(
        "lineage",
        [
            {
                "key": each.key,
                "name": each.name,
                "kind": each.kind,
                "path": each.path,
                "description": each.description,
                "documented": each.key in documented,
                "reads": [at[parent] for parent in each.reads if parent in at],
                "columns": {
                    name: [[at[parent], column] for parent, column in origins if parent in at]
                    for name, origins in each.columns.items()
                },
                "unclear": each.unclear,
            }
            for each in relations
        ],
    )


def _row(point: Point) -> list[str]:
    figures = [figure(each) for each in (point.value, point.centre, point.lower, point.upper)]
    return [minute(point.at), *figures, rule(point.rule) if point.rule else ""]


def _releases(points: tuple[Point, ...], releases: tuple[Released, ...]) -> list[dict[str, Any]]:
    """The times at which a release became live, from the first point until a few points after the last."""
    if not points:
        return []
    first, last = points[0].at, points[-1].at
    until = last + max(3 * (last - first) / len(points), timedelta(days=1))
    return [
        {"at": iso(at), "moment": minute(at), "name": each.key}
        for each in releases for at in each.lives or (each.at,) if first <= at <= until
    ]  # fmt: skip


def _bar(node: NodeRun, run: Run) -> dict[str, Any]:
    start = _after(node, run)
    return {
        "name": node.name,
        "kind": node.kind,
        "status": node.status,
        "from": round(start, 3),
        "to": round(start + node.seconds, 3),
        "took": took(node.seconds),
        "rows": "–" if node.rows is None else f"{node.rows:,}",
        "lane": node.lane,
        "critical": node.critical,
        "state": _STATES.get(node.status, "bad"),
    }


def _after(node: NodeRun, run: Run) -> float:
    return max(0.0, (node.started - run.started).total_seconds())
