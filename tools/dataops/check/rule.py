"""A rule: a decorated function. Its docstring is the reason, its keyword arguments are its parameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from dataops.check.nodes import KINDS

PRESETS = ("light", "standard", "strict")
Judge = Callable[..., "Iterable[Problem | str] | None"]


@dataclass(frozen=True)
class Problem:
    """What a rule has against a node.

    `subject` tells several problems of one node apart, such as a column: with the rule and the node it is what a
    finding is known again by, so no number belongs into it. `line`: of the node's own file; 0: where it is described.
    """

    message: str
    subject: str = ""
    line: int = 0


@dataclass(frozen=True)
class Rule:
    """`kinds`: what it judges. `why` is its reason, `mend` what to do; `presets`: how much it matters in each.

    `parameters` are the defaults of what `dataops.yml` can set. `across`: the kinds of nodes of which any change can
    bring a finding about, wherever they are; empty where it looks at a node, its neighbours and its tests alone.
    """

    name: str
    kinds: tuple[str, ...]
    why: str
    mend: str
    presets: Mapping[str, str]
    parameters: Mapping[str, Any]
    across: frozenset[str]
    file: str
    judge: Judge


_MADE: list[Rule] = []


def rule(
    *,
    mend: str,
    of: tuple[str, ...] = (),
    across: tuple[str, ...] = (),
    light: str = "error",
    standard: str = "error",
    strict: str = "error",
) -> Callable[[Judge], Judge]:
    """Make a rule of a function, which yields what it has against one node: a sentence, or a `Problem`.

    `mend`: how to mend it. `of`: kinds of nodes; without it, the name of the first parameter is the kind.

    Raises:
        ValueError: the function has no docstring, or nothing says what it judges.
    """

    def made(judge: Judge) -> Judge:
        parameters = [*inspect.signature(judge).parameters.values()]
        own = {each.name: each.default for each in parameters if each.kind is each.KEYWORD_ONLY}
        kinds = of or tuple(each.name for each in parameters[:1])
        why = " ".join((inspect.getdoc(judge) or "").split("\n\n")[0].split())
        if not why:
            raise ValueError(f"rule {judge.__name__} has no docstring: it is the reason that people are told")
        if not kinds or not set(kinds) <= set(KINDS):
            raise ValueError(
                f"rule {judge.__name__} judges no kind of node; its first parameter is one of {', '.join(KINDS)}"
            )
        if inspect.Parameter.empty in own.values():
            raise ValueError(f"rule {judge.__name__} has a parameter without a default")
        presets = dict(zip(PRESETS, (light, standard, strict), strict=True))
        file = inspect.getfile(judge)
        _MADE.append(Rule(judge.__name__, kinds, why, mend, presets, own, frozenset(across), file, judge))
        return judge

    return made


def collected(load: Callable[[], object]) -> tuple[Rule, ...]:
    """The rules that are made while `load` runs."""
    before = len(_MADE)
    try:
        load()
        return tuple(_MADE[before:])
    finally:
        del _MADE[before:]
