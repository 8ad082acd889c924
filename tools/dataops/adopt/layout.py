"""How the lines of SQL files are indented: by what, how far, and what stands deeper than what it belongs to."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

_SIZES = range(2, 9)
_USUAL = 4
_TAB = -1
_JOIN = re.compile(r"(?:(?:left|right|inner|outer|full|cross|natural|semi|anti)\s+)*join\b", re.IGNORECASE)
_FROM = re.compile(r"from\b", re.IGNORECASE)
_ON = re.compile(r"(?:on|using)\b", re.IGNORECASE)
_WITH = re.compile(r"with$", re.IGNORECASE)
_CTE = re.compile(r"\"?\w+\"?\s+as\s*\(?", re.IGNORECASE)
_BLOCK = re.compile(r"\{%-?\s*(?:if|for|elif|else)\b[^%]*%\}\s*$")

_DEFAULTS = {
    "indented_joins": False,
    "indented_using_on": True,
    "indented_ctes": False,
    "template_blocks_indent": True,
}
"""sqlfluff's settings that are told apart here, and what it does without them."""


@dataclass(frozen=True)
class Layout:
    """How most lines are laid out. `size`: spaces of one step, 0 where unknown; `choices`: what is not the default."""

    tabs: bool
    size: int
    choices: tuple[tuple[str, bool], ...]


def laid_out(written: Sequence[str], bare: Sequence[str]) -> Layout:
    """The layout of files, each as it is written and without Jinja."""
    steps: Counter[int] = Counter()
    deeper: Counter[tuple[str, bool]] = Counter()
    for text in bare:
        lines = [line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("--")]
        indented = [line for line in lines if line[0] in " \t"]
        # sqlfluff looks at every line, so a file counts by how many it has.
        steps[_step(lines)] += len(indented)
        deeper.update(_deeper(lines))
    for text in written:
        deeper.update(_in_blocks([line for line in text.splitlines() if line.strip()]))
    step = max(steps, key=lambda each: (steps[each], each == _USUAL), default=0)
    choices = [(key, not usual) for key, usual in _DEFAULTS.items() if deeper[key, not usual] > deeper[key, usual]]
    return Layout(step == _TAB, max(step, 0), tuple(choices))


def _step(lines: Sequence[str]) -> int:
    """How far a file indents what belongs to the line before, most of the time; 0 where that is not to be seen."""
    starts = Counter(line[0] for line in lines)
    if starts["\t"] > starts[" "]:
        return _TAB
    depths = [_depth(line) for line in lines]
    steps = Counter(after - before for before, after in itertools.pairwise(depths) if after - before in _SIZES)
    return max(steps, key=lambda each: (steps[each], each == _USUAL), default=0)


def _depth(line: str) -> int:
    return len(line) - len(line.lstrip())


def _deeper(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """For each line that belongs to one before it, which setting that is about, and whether it stands deeper."""
    origin = join = None
    for before, line in zip(("", *lines), lines, strict=False):
        text, depth = line.strip(), _depth(line)
        if _WITH.match(before.strip()) and _CTE.match(text):
            yield "indented_ctes", depth > _depth(before)
        if _FROM.match(text):
            origin = depth
        elif _JOIN.match(text):
            if origin is not None and depth >= origin:
                yield "indented_joins", depth > origin
            join = depth
        elif _ON.match(text) and join is not None and depth >= join:
            yield "indented_using_on", depth > join


def _in_blocks(lines: Sequence[str]) -> Iterator[tuple[str, bool]]:
    for before, line in itertools.pairwise(lines):
        if _BLOCK.search(before) and before.lstrip().startswith("{%") and not line.lstrip().startswith("{"):
            yield "template_blocks_indent", _depth(line) > _depth(before)
