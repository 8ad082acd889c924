"""How production stands as OpenMetrics text: https://prometheus.io/docs/specs/om/open_metrics_spec/.

Everything is a gauge, so that the textfile collector of Prometheus' node exporter, which knows the older text format
only, reads it too. What is not known has no sample.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from dataops.health.health import KINDS, Problem, Status

MOST = 100
"""Problems of a kind that get a sample of their own: each is a time series in whatever collects them."""

_COUNTED = {
    "failing": "dataops_failing_nodes",
    "late": "dataops_late_sources",
    "anomalous": "dataops_anomalous_monitors",
    "paused": "dataops_paused_nodes",
}


def text(status: Status) -> str:
    """The exposition, whole."""
    own = {"project": status.project, "target": status.health.target}
    lines = [line for name, about, value in _figures(status) for line in _family(name, about, [(own, value)])]
    told = "What is wrong, the first problems of each kind."
    samples = [({**own, **labels}, 1.0) for labels in _told(status.health.problems)]
    return "\n".join([*lines, *_family("dataops_problem", told, samples), "# EOF", ""])


def _figures(status: Status) -> Iterator[tuple[str, str, float | None]]:
    health, live, last = status.health, status.live, status.health.last
    yield "dataops_healthy", "Nothing fails, is late, anomalous or paused, and something has run.", health.healthy
    for kind in KINDS:
        yield _COUNTED[kind], f"What is {kind} now.", len({each.key for each in health.of(kind)})
    yield "dataops_tests", "Tests that production has.", health.tests
    yield "dataops_passing_tests", "Tests that passed when they last ran.", health.passing
    yield "dataops_unrun_tests", "Tests of which no run is known.", health.unrun
    yield "dataops_damaged_history_files", "Files of the history that were left out.", len(health.damaged)
    started = last.started.timestamp() if last else None
    yield "dataops_last_run_timestamp_seconds", "When production's newest invocation started.", started
    yield "dataops_last_run_seconds", "How long it took.", last.seconds if last else None
    yield "dataops_last_run_ok", "It ended without a failure.", last.status == "ok" if last else None
    made = datetime.fromisoformat(live.created_at.replace("Z", "+00:00")).timestamp() if live else None
    yield "dataops_last_release_timestamp_seconds", "When the live release was made.", made


def _told(problems: tuple[Problem, ...]) -> list[dict[str, str]]:
    """Labels of problems, none twice: a node can be paused more than once."""
    by_kind = {kind: [each for each in problems if each.kind == kind][:MOST] for kind in KINDS}
    unique = {(each.kind, each.key): each for several in by_kind.values() for each in several}
    return [
        {"kind": each.kind, "node": each.key, "name": each.name, "owner": each.owner or ""} for each in unique.values()
    ]


def _family(name: str, about: str, samples: Sequence[tuple[Mapping[str, str], float | None]]) -> list[str]:
    known = [f"{name}{{{_labels(labels)}}} {_number(value)}" for labels, value in samples if value is not None]
    return [f"# TYPE {name} gauge", f"# HELP {name} {about}", *known]


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())


def _escaped(value: str) -> str:
    """A label's value; text that came from JSON can hold half a character, which is no UTF-8."""
    whole = value.encode("utf-8", "replace").decode("utf-8")
    return whole.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')


def _number(value: float) -> str:
    """All digits of a moment, and no `True`."""
    return repr(float(value))
