"""Names that say what something is."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from dataops.check.nodes import Node
from dataops.check.rule import Problem, rule

_SNAKE = re.compile(r"[a-z_][a-z0-9_]*$")


@rule(mend="rename the model, or move it into the folder of its layer", light="off", standard="warn")
def models_are_named_by_layer(
    model: Node,
    *,
    staging: tuple[str, ...] = ("stg_*", "base_*"),
    intermediate: tuple[str, ...] = ("int_*",),
    marts: tuple[str, ...] = ("fct_*", "dim_*"),
) -> Iterator[Problem]:
    """A name that tells the layer tells what may read it, in every query and every graph."""
    patterns = {"staging": staging, "intermediate": intermediate, "marts": marts}.get(model.layer, ("*",))
    if not any(fnmatchcase(model.name, each) for each in patterns):
        yield Problem(f"{model.name} is in {model.layer} and not named {' or '.join(patterns)}", line=1)


@rule(
    of=("model", "seed", "snapshot", "source"),
    mend="rename it: lower case, digits and `_`",
    light="off",
    standard="warn",
)
def names_are_in_snake_case(node: Node) -> Iterator[Problem]:
    """A name of other characters has to be quoted in every query, in the same case, on every warehouse."""
    if not all(_SNAKE.match(each) for each in node.name.split(".")):
        yield Problem(f"{node.kind} {node.name} is not in snake case", line=int(node.kind != "source"))
    if node.kind == "model":
        for column in node.columns:
            if not _SNAKE.match(column):
                yield Problem(f"{node.name}.{column} is not in snake case", column)


_KINDS = {
    "boolean": re.compile(r"bool(ean)?$", re.IGNORECASE),
    "timestamp": re.compile(r"(timestamp|datetime)", re.IGNORECASE),
    "date": re.compile(r"date$", re.IGNORECASE),
}


@rule(mend="rename the column, or set the rule's patterns", light="off", standard="off", strict="warn")
def columns_are_named_by_type(
    model: Node,
    *,
    boolean: tuple[str, ...] = ("is_*", "has_*", "was_*", "can_*"),
    timestamp: tuple[str, ...] = ("*_at",),
    date: tuple[str, ...] = ("*_date", "*_on", "*_day", "*_week", "*_month", "*_year", "day", "week", "month", "year"),
) -> Iterator[Problem]:
    """A column that is named by its type is not compared with one of another."""
    patterns = {"boolean": boolean, "timestamp": timestamp, "date": date}
    for column in model.columns.values():
        for kind, pattern in _KINDS.items():
            if pattern.match(column.data_type.strip()):
                wanted = patterns[kind]
                if not any(fnmatchcase(column.name.lower(), each) for each in wanted):
                    yield Problem(
                        f"{model.name}.{column.name} is a {kind} and not named {' or '.join(wanted)}", column.name
                    )
