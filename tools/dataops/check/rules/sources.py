"""Sources: each declared once, watched, and read."""

from collections.abc import Iterator

from dataops.check.nodes import Node
from dataops.check.rule import Problem, rule


@rule(
    mend="keep one of the two declarations",
    across=("source",),
)
def sources_are_declared_once(source: Node) -> Iterator[Problem]:
    """A relation that is two sources has two sets of tests and two ages, and its readers share neither."""
    for other in source.project.at[source.place]:
        if other.unique_id < source.unique_id:
            yield Problem(f"{source.name} is {source.place}, which is {other.name} too", other.unique_id)


@rule(
    mend="set `freshness:` and `loaded_at_field:`, or `freshness: null` where its age does not matter",
    light="off",
    standard="warn",
)
def sources_have_freshness(source: Node) -> Iterator[str]:
    """A source that stopped coming looks like a quiet day."""
    if source.fresh is False:
        yield f"nothing says how old {source.name} may be"


@rule(
    mend="delete the declaration, or stage it",
    across=("source", "model", "snapshot", "exposure", "analysis"),
    light="off",
    standard="off",
    strict="warn",
)
def sources_are_read(source: Node) -> Iterator[str]:
    """A source that nothing reads is watched, and wakes people up, for nothing."""
    if not source.is_read:
        yield f"nothing reads {source.name}"


@rule(
    mend="set `meta: {owner: …}` for the source",
    light="off",
    standard="off",
    strict="warn",
)
def sources_are_owned(source: Node) -> Iterator[str]:
    """When a source is late or broken, its owner is the one who can mend it."""
    if not source.owners:
        yield f"nobody owns {source.name}"
