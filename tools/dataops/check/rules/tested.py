"""Whether what is built is tested, its keys above all."""

from collections.abc import Iterator

from dataops.check.nodes import Node, Test
from dataops.check.rule import Problem, rule

_PAIRS = ("has_unique_rows", "unique_combination_of_columns", "expect_compound_columns_to_be_unique")
"""Generic tests of a key of several columns: our own package's, and those of well-known ones."""


def _keys(node: Node, more: tuple[str, ...]) -> list[Test]:
    return [each for each in node.tests if each.name in ("unique", *_PAIRS, *more)]


def _constrained(node: Node) -> bool:
    """Whether a constraint says what the key is."""
    return bool(node.keys) or any({"primary_key", "unique"} & each.constraints for each in node.columns.values())


@rule(
    mend="test what identifies a row: `unique`, or `has_unique_rows` of several columns; `dataops suggest` finds it",
    light="warn",
)
def keys_are_tested(model: Node, *, layers: tuple[str, ...] = (), tests: tuple[str, ...] = ()) -> Iterator[str]:
    """A join on a key that is not one multiplies rows, and every sum after it is wrong without a word."""
    if model.materialized == "ephemeral" or (layers and model.layer not in layers):
        return
    if not _keys(model, tests) and not _constrained(model):
        yield f"no test says what identifies a row of {model.name}"


@rule(
    of=("model", "snapshot", "seed"),
    mend="add `not_null` to the column",
    light="off",
    standard="warn",
)
def keys_are_not_null(node: Node) -> Iterator[Problem]:
    """`unique` lets any number of rows without a key pass.

    A node of which another key is whole may have such columns.
    """
    full = {each.column.lower() for each in node.tests if each.name == "not_null"}
    full |= {name.lower() for name, each in node.columns.items() if {"not_null", "primary_key"} & each.constraints}
    keys = [each for each in node.tests if each.name == "unique" and each.column.isidentifier()]
    if any(each.column.lower() in full for each in keys) or any(each.name in _PAIRS for each in node.tests):
        return
    for test in keys:
        if test.column.lower() not in full:
            yield Problem(f"{node.name}.{test.column} is tested for `unique` and not for `not_null`", test.column)


@rule(
    of=("model", "snapshot"),
    mend="add a data test or a unit test; `dataops suggest` proposes some with their evidence",
    light="off",
    standard="error",
)
def models_are_tested(model: Node, *, least: int = 1) -> Iterator[str]:
    """What nothing tests is wrong until somebody notices."""
    if len({each.unique_id for each in model.tests}) < least and model.materialized != "ephemeral":
        yield f"{model.name} has " + ("no test" if least == 1 else f"fewer than {least} tests")
