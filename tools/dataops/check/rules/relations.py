"""Relations that SQL names by itself, where dbt cannot see them."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from dataops.check.nodes import Node
from dataops.check.rule import Problem, rule

_ASIDE = re.compile(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|--[^\n]*|/\*.*?\*/|'(?:[^'\\]|''|\\.)*'", re.DOTALL)
_PART = r'(?:"[^"\n]+"|`[^`\n]+`|\[[^\]\n]+\]|[^\W\d][\w$-]*)'
_READ = re.compile(rf"\b(?:from|join)\s+({_PART}(?:\s*\.\s*{_PART})*)(?![\w$.])(?!\s*[.(])", re.IGNORECASE)
_NAMED = re.compile(r"[,\s](\w+)\s*(?:\([^()]*\)\s*)?as\s+(?:not\s+)?(?:materialized\s*)?\(", re.IGNORECASE)
_ALIAS = re.compile(rf"\b(?:from|join)\s+[^\s,()]+(?:\s+as)?\s+({_PART})", re.IGNORECASE)
_OTHER = re.compile(r"(\bdistinct\s+|\b(?:extract|trim|substring|overlay|position)\s*\([^()]*)$", re.IGNORECASE)
_JINJA = "dataops_jinja"
_OPEN = ("information_schema", "lateral", _JINJA)
"""No relations of any project: the catalog that all databases have, a word of SQL, and what Jinja writes."""


@dataclass(frozen=True)
class Relation:
    """A relation as SQL names it, and on which line."""

    name: str
    line: int


def named(sql: str) -> Iterator[Relation]:
    """The relations that a model's own text reads without `ref()` or `source()`. Names of its own are none."""
    text = _ASIDE.sub(_blank, sql)
    own = {each.lower() for pattern in (_NAMED, _ALIAS) for each in pattern.findall(text)}
    for found in _READ.finditer(text):
        parts = [each.strip('"`[] \n') for each in re.split(r"\s*\.\s*(?=(?:[^\"`]|\"[^\"]*\"|`[^`]*`)*$)", found[1])]
        first = parts[0].lower()
        if first in own or first in _OPEN or _OTHER.search(text, max(0, found.start() - 400), found.start()):
            continue
        yield Relation(".".join(parts), text.count("\n", 0, found.start(1)) + 1)


def _blank(found: re.Match[str]) -> str:
    """White space of the same lines; a word where Jinja writes one."""
    lines = "\n" * found[0].count("\n")
    return (
        f" {_JINJA} {lines}" if found[0].startswith("{{") else f"'{lines}'" if found[0].startswith("'") else f" {lines}"
    )


@rule(
    of=("model", "snapshot"),
    mend="name it by `ref()`, or declare it as a source and name it by `source()`",
)
def relations_are_not_hard_coded(model: Node) -> Iterator[Problem]:
    """What SQL names by itself dbt does not see: it is built in the wrong order and read in the wrong schema."""
    if model.language != "sql":
        return
    seen: set[str] = set()
    for each in named(model.code):
        name = each.name.lower()
        if name not in seen and ("." in name or name in model.project.names):
            seen.add(name)
            yield Problem(f"{model.name} reads {each.name} by its name", name, each.line)
