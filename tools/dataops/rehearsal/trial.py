"""What is known of releases on a warehouse: what the last rehearsal found there, and whether that allows a release."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from dataops import __version__
from dataops.engines.engine import Engine
from dataops.errors import SettingsError, StateError
from dataops.project.targets import Targets
from dataops.rehearsal.finding import Rehearsal, read
from dataops.store.state import REHEARSE, State

UNTRIED = "compiled only"
"""An engine that this project's own suite cannot start."""


def last(state: State, adapter: str) -> Rehearsal | None:
    """The last rehearsal; None where there was none.

    Raises:
        StateError: its record is damaged, or of a newer format.
    """
    found = state.rehearsal(adapter)
    try:
        return read(found) if found is not None else None
    except (KeyError, TypeError) as error:
        raise StateError(f"the record of the rehearsal in {state.location} is damaged: {error}", REHEARSE) from error


def refuse_untried(engine: Engine, targets: Targets, state: State) -> None:
    """Do nothing where releases were tried: by this project's suite, or else by a rehearsal of these versions.

    Raises:
        SettingsError: they were not, or a promise was broken.
    """
    if engine.capabilities.trial != UNTRIED:
        return
    name = engine.capabilities.engine
    found = last(state, targets.adapter)
    hint = "run `dataops engine rehearse`: it tries them beside production, and allows `deploy` where all hold"
    if found is None:
        raise SettingsError(f"releases on {name} were never tried on a real server, nor rehearsed on yours", hint)
    if found.broken:
        names = ", ".join(each.promise for each in found.broken)
        raise SettingsError(f"releases on {name} were rehearsed, and did not hold: {names}", hint)
    here = {"dataops": __version__, f"dbt-{targets.adapter}": _version(f"dbt-{targets.adapter}")}
    then = {"dataops": found.version, f"dbt-{targets.adapter}": found.adapter_version}
    other = [f"{package} {then[package]}, and this is {now}" for package, now in here.items() if then[package] != now]
    if found.target != targets.production.name:
        other.append(f"the target `{found.target}`, and production is `{targets.production.name}`")
    if other:
        raise SettingsError(f"releases on {name} were rehearsed with {'; '.join(other)}", hint)


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
