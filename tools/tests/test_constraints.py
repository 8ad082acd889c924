"""What `constraints.txt` locks can be installed on every Python that is supported, also on those that are not here."""

from __future__ import annotations

import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

ROOT = Path(__file__).parents[2]
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def locked(file: str = "constraints.txt") -> list[Requirement]:
    lines = (each.split("#", 1)[0].strip() for each in (ROOT / file).read_text(encoding="utf-8").splitlines())
    return [Requirement(each) for each in lines if each]


def pythons(requirement: Requirement) -> set[str]:
    """Where a line of the lock counts."""
    marker = requirement.marker
    return {each for each in PYTHONS if marker is None or marker.evaluate({"python_version": each})}


def test_every_version_installs_wherever_it_is_asked_for() -> None:
    here = f"{sys.version_info[0]}.{sys.version_info[1]}"
    refused = []
    for each in locked():
        try:
            found = distribution(each.name)
        except PackageNotFoundError:
            continue  # of an extra that the tests do not have
        if here not in pythons(each) or not each.specifier.contains(found.version):
            continue
        needs = SpecifierSet(found.metadata.get("Requires-Python") or "")
        refused += [f"{each} on {python}" for python in pythons(each) if not needs.contains(f"{python}.9")]
    assert refused == []


@pytest.mark.parametrize("python", PYTHONS)
def test_a_package_is_locked_once_for_each_python(python: str) -> None:
    found = [each.name for each in locked() if python in pythons(each)]
    assert sorted(found) == sorted(set(found))
