"""Whether a project is of the code, and in the surroundings, of which something was built: by what plans compare."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from dataops.project.fingerprint import Fingerprints

_NAMED = 3


def difference(before: Fingerprints, now: Fingerprints) -> str:
    """What differs, in words; empty where nothing does."""
    if before.unrecorded:
        return "nobody knows of which code it was built"
    found = list(dict.fromkeys(_differing(before, now)))
    if not found:
        return ""
    more = f" and {len(found) - _NAMED} more" if len(found) > _NAMED else ""
    return f"{', '.join(found[:_NAMED])}{more} {'is' if len(found) == 1 else 'are'} not what it was built from"


def _differing(before: Fingerprints, now: Fingerprints) -> Iterator[str]:
    for uid in _keys(_nodes(before), _nodes(now)):
        yield uid.split(".")[2] if uid.startswith("test.") else uid.split(".", 2)[-1]
    for uid in _keys(before.macros, now.macros):
        yield f"the macro {uid.rsplit('.', 1)[-1]}"
    then, here = before.surroundings, now.surroundings
    for noun, one, other in (
        ("the variable", then.variables, here.variables),
        ("the environment variable", then.environment, here.environment),
        ("the setting", then.settings, here.settings),
        ("the dispatch of", then.dispatch, here.dispatch),
    ):
        for name in _keys(one, other):
            yield f"{noun} {name}"
    for name in _keys(then.toolchain, here.toolchain):
        yield f"the version of {name}"


def _keys(before: Mapping[str, Any], now: Mapping[str, Any]) -> list[str]:
    return sorted(key for key in {*before, *now} if before.get(key) != now.get(key))


def _nodes(prints: Fingerprints) -> dict[str, Any]:
    """Each node's inputs, its configuration among them instead of its number."""
    return {uid: (each._replace(config=0), prints.configs[each.config]) for uid, each in prints.nodes.items()}
