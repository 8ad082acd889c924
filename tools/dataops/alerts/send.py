"""`alert`: what each destination has not heard yet, as messages; sent, and noted as soon as they are taken."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

from dataops.alerts import current, news, wording
from dataops.alerts.alert import Concern, Identity, Production, Told
from dataops.alerts.news import Ledger
from dataops.alerts.wording import Text
from dataops.config import Settings
from dataops.errors import SettingsError


@dataclass(frozen=True)
class Parcel:
    """A message, and what is noted when it has been taken."""

    text: Text
    told: tuple[Told, ...]


@dataclass(frozen=True)
class Prepared:
    """What each destination has to be told. `damaged`: records and files of the history that could not be read."""

    production: Production
    parcels: Mapping[str, tuple[Parcel, ...]]
    damaged: tuple[str, ...]


@dataclass(frozen=True)
class Outcome:
    """What became of a destination's messages: how many were taken, how many were not, and why."""

    destination: str
    sent: int
    kept: int
    why: str | None = None


def prepare(root: Path, settings: Settings, named: str | None, now: datetime) -> Prepared:
    """What is new, without sending anything. `named`: production's target, where the settings do not say.

    Raises:
        SettingsError: no destination is set.
        DataopsError: the state or the history cannot be read.
    """
    if not settings.alert.to:
        raise SettingsError(
            "alert.to in dataops.yml names no destination",
            "list there the names of environment variables that hold apprise URLs (docs/alerts.md)",
        )
    production = current.production(root, settings, named, now)
    # What is older is told again: the history does not reach further back either.
    told, damaged = Ledger(settings.state).read(now - timedelta(days=settings.history.keep_days))
    parcels = {
        name: _parcels(production, name, news.last(told, name, production.environment), settings.alert.site, now)
        for name in dict.fromkeys(settings.alert.to)
    }
    return Prepared(production, parcels, (*production.damaged, *damaged))


def send(prepared: Prepared, settings: Settings) -> tuple[tuple[Outcome, ...], tuple[SettingsError, ...]]:
    """Send to all destinations at once, so that none waits for another; errors are those of unusable ones.

    Raises:
        StateError: what is told cannot be noted: nothing was sent, unless that began to fail in between.
    """
    from dataops.alerts.alert import Notice, Picture
    from dataops.alerts.destinations import Destination, deliver, destination

    destinations, errors = [], []
    for name, parcels in prepared.parcels.items():
        try:
            destinations.append((destination(name, os.environ), parcels))
        except SettingsError as error:
            errors.append(error)
    monitors = {chart.key: chart for _, parcels in destinations for each in parcels for chart in each.text.charts}
    pictures = {key: Picture(f"{each.name}.png", wording.picture(each)) for key, each in monitors.items()}
    ledger = Ledger(settings.state)
    if any(parcels for _, parcels in destinations):
        ledger.refuse_unwritable()

    def noted(parcels: Sequence[Parcel], position: int) -> None:
        ledger.add(parcels[position].told)

    def one(to: Destination, parcels: Sequence[Parcel]) -> Outcome:
        notices = [
            Notice(
                each.title,
                each.body,
                each.tone,
                each.sections,
                each.links,
                tuple(pictures[chart.key] for chart in each.charts),
            )
            for each in (parcel.text for parcel in parcels)
        ]
        sent, why = deliver(to, notices, partial(noted, parcels))
        return Outcome(to.variable, sent, len(parcels) - sent, why)

    with ThreadPoolExecutor(max(1, len(destinations))) as pool:
        running = [pool.submit(one, to, parcels) for to, parcels in destinations]
        return tuple(each.result() for each in running), tuple(errors)


def _parcels(
    production: Production, name: str, heard: Mapping[Identity, Told], site: str | None, now: datetime
) -> tuple[Parcel, ...]:
    address = site.rstrip("/") if site else None
    opened = news.opened(production, heard)
    over = news.resolved(production, heard)
    parcels = [
        Parcel(
            wording.opened(production, group, address),
            tuple(_record(each, name, production.environment, now) for each in group),
        )
        for group in news.grouped(opened)
    ]
    if over:
        still = len(production.concerns)
        ended = tuple(replace(each.told, is_open=False, at=now) for each in over)
        parcels.append(Parcel(wording.over(production, over, still, now, address), ended))
    return tuple(parcels)


def _record(concern: Concern, name: str, environment: str, now: datetime) -> Told:
    problem = concern.problem
    return Told(name, environment, True, problem.kind, problem.key, problem.name, now, problem.since)
