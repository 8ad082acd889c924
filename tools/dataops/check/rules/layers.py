"""Which layer reads which: sources -> staging -> intermediate -> marts -> exposures."""

from collections.abc import Iterator

from dataops.check.nodes import Node
from dataops.check.rule import Problem, rule


def _read(model: Node, parent: Node) -> Problem:
    words = parent.name.split(".") if parent.kind == "source" else [parent.name]
    layer = f"{parent.layer} model" if parent.layer else parent.kind
    return Problem(f"{model.name} reads the {layer} {parent.name}", parent.unique_id, model.line_of(*words[-1:]))


@rule(
    mend="read the source in a staging model, and that one here",
    light="error",
)
def only_staging_reads_sources(model: Node) -> Iterator[Problem]:
    """A source is renamed, typed and cleaned in one place, its staging model; whoever reads past it does that again."""
    if model.layer in ("intermediate", "marts"):
        yield from (_read(model, each) for each in model.parents if each.kind == "source")


@rule(
    mend="give each source a staging model of its own, and join those",
    light="off",
    standard="warn",
)
def sources_are_not_joined(model: Node) -> Iterator[Problem]:
    """A source that is joined where it is read cannot be tested, or exchanged, by itself."""
    others = [each for each in model.parents if each.kind in ("source", "model")]
    if len(others) > 1:
        yield from (_read(model, each) for each in others if each.kind == "source")


@rule(
    mend="move what it needs of the other model upstream, or make an intermediate model of this one",
    light="warn",
)
def layers_go_one_way(model: Node) -> Iterator[Problem]:
    """A layer that reads a later one makes a circle of the layers: nobody can say any more what rests on what."""
    order = ("staging", "intermediate", "marts")
    if model.layer in order:
        later = order[order.index(model.layer) + 1 :]
        yield from (_read(model, each) for each in model.parents if each.layer in later)


@rule(
    mend="read the source itself, or make an intermediate model of this one",
    light="off",
    standard="warn",
)
def staging_reads_sources_alone(model: Node) -> Iterator[Problem]:
    """Staging is one model for one source; one that reads other models is an intermediate model under a wrong name."""
    if model.layer == "staging":
        yield from (
            _read(model, each) for each in model.parents if each.layer == "staging" and each.materialized != "ephemeral"
        )


@rule(
    mend="let the exposure read a mart",
    light="warn",
)
def exposures_read_marts(exposure: Node) -> Iterator[Problem]:
    """What people look at rests on a model that is made for them: sources and staging change with systems elsewhere."""
    for each in exposure.parents:
        if each.kind == "source" or each.layer in ("staging", "intermediate"):
            layer = f"{each.layer} model" if each.layer else each.kind
            yield Problem(f"{exposure.name} reads the {layer} {each.name}", each.unique_id)


@rule(
    mend="let the later staging models read the first one, or merge them",
    across=("source", "model"),
    light="off",
    standard="off",
    strict="warn",
)
def one_staging_model_per_source(source: Node, *, most: int = 1) -> Iterator[Problem]:
    """Two staging models of one source clean it in two ways, and people find the wrong one."""
    readers = sorted(each.name for each in source.readers if each.layer == "staging")
    if len(readers) > most:
        yield Problem(f"{source.name} is staged by {', '.join(readers)}")


@rule(
    mend="delete it, or let a mart or an exposure read it",
    across=("model", "snapshot", "exposure", "metric", "semantic_model", "saved_query", "analysis"),
    light="off",
    standard="off",
    strict="warn",
)
def models_on_the_way_are_read(model: Node) -> Iterator[str]:
    """A staging or intermediate model that nothing reads is built every night for nobody."""
    if model.layer in ("staging", "intermediate") and not model.is_read:
        yield f"nothing reads {model.name}"
