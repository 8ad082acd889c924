"""How production stands as OpenMetrics text: https://prometheus.io/docs/specs/om/open_metrics_spec/.

Everything is a gauge, so that the textfile collector of Prometheus' node exporter, which knows the older text format
only, reads it too. What is not known has no sample.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from prometheus_client.core import CollectorRegistry, GaugeMetricFamily
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.registry import Collector

from dataops.health.health import KINDS, Problem, Status

MOST = 100
"""Problems of a kind that get a sample of their own: each is a time series in whatever collects them."""

_COUNTED = {
    "failing": "dataops_failing_nodes",
    "late": "dataops_late_sources",
    "anomalous": "dataops_anomalous_monitors",
    "paused": "dataops_paused_nodes",
}
_OWN = ("project", "target")
_TOLD = ("kind", "node", "name", "owner")


def text(status: Status) -> str:
    """The exposition, whole."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Gauges(status))
    exposition: bytes = generate_latest(registry)  # type: ignore[no-untyped-call]
    return exposition.decode("utf-8")


@dataclass(frozen=True, eq=False)
class _Gauges(Collector):
    status: Status

    def collect(self) -> Iterator[GaugeMetricFamily]:
        own = [_whole(self.status.project), _whole(self.status.health.target)]
        for name, about, value in _figures(self.status):
            gauge = GaugeMetricFamily(name, about, labels=_OWN)
            if value is not None:
                gauge.add_metric(own, value)
            yield gauge
        problems = GaugeMetricFamily(
            "dataops_problem", "What is wrong, the first problems of each kind.", labels=(*_OWN, *_TOLD)
        )
        for each in _told(self.status.health.problems):
            problems.add_metric([*own, each.kind, *map(_whole, (each.key, each.name, each.owner or ""))], 1)
        yield problems


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


def _told(problems: tuple[Problem, ...]) -> list[Problem]:
    """The first problems of each kind, none twice: a node can be paused more than once."""
    by_kind = {kind: [each for each in problems if each.kind == kind][:MOST] for kind in KINDS}
    return list({(each.kind, each.key): each for several in by_kind.values() for each in several}.values())


def _whole(value: str) -> str:
    """A label's value; text that came from JSON can hold half a character, which is no UTF-8."""
    return value.encode("utf-8", "replace").decode("utf-8")
