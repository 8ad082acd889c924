"""Whether people can find out what something is."""

from collections.abc import Iterator

from dataops.check.nodes import Node
from dataops.check.rule import Problem, rule

_WRITE = "write a `description:` in YAML"


@rule(mend=_WRITE, light="warn", standard="error")
def models_are_described(model: Node) -> Iterator[str]:
    """One row is what? Whoever has to ask counts something else."""
    if not model.description:
        yield f"{model.name} has no description"


@rule(
    of=("source", "seed", "snapshot", "exposure"),
    mend=_WRITE,
    light="off",
    standard="warn",
)
def others_are_described(node: Node) -> Iterator[str]:
    """Where data comes from and who looks at it is known to few, and to nobody when they leave."""
    if not node.description:
        yield f"{node.kind} {node.name} has no description"


@rule(
    of=("model", "source", "seed", "snapshot"),
    mend=_WRITE + " of the column",
    light="off",
    standard="warn",
)
def columns_are_described(node: Node, *, layers: tuple[str, ...] = ()) -> Iterator[Problem]:
    """A column's name says what it is called: not its unit, not what NULL means."""
    if layers and node.layer not in layers:
        return
    for column in node.columns.values():
        if not column.description:
            yield Problem(f"{node.name}.{column.name} has no description", column.name)


@rule(mend=_WRITE + " of the macro", light="off", standard="off", strict="warn")
def macros_are_described(macro: Node) -> Iterator[str]:
    """A macro is read by those who call it, who see its name and nothing else.

    What a macro dispatches to, a generic test and what begins with `_` are not called by name.
    """
    if not macro.description and "__" not in macro.name and not macro.name.startswith(("_", "test_")):
        yield f"macro {macro.name} has no description"


@rule(
    of=("model", "snapshot", "seed"),
    mend="move its entry into a YAML file of the model's folder",
    light="off",
    standard="off",
    strict="warn",
)
def sheets_lie_beside(node: Node) -> Iterator[str]:
    """What describes a model is changed with it, if it lies where the model does."""
    folder = node.file.rpartition("/")[0]
    if node.kind == "model" and node.sheet and node.sheet.rpartition("/")[0] != folder:
        yield f"{node.name} is described in {node.sheet}, not in {folder}"
