"""Run exactly some nodes of a project: `dbt build`, and `dbt test` for the unit tests whose model is not built.

`dbt build` runs a unit test just before its model, and says nothing of one whose model it does not build.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from dbt.contracts.graph.manifest import Manifest

from dataops.project.outcome import Outcome
from dataops.project.profiles import Target
from dataops.project.session import OnEvent, Project
from dataops.project.slices import ARGUMENTS, Place, cut, leave_functions


def run(
    project: Project,
    target: Target,
    head: Manifest,
    chosen: Collection[str],
    standing_in: Mapping[str, Place],
    arguments: Sequence[str] = (),
    on_event: OnEvent | None = None,
    left: Collection[str] = (),
    with_functions: bool = True,
) -> tuple[Outcome, Manifest]:
    """What that did, and the manifest that was built: a slice of `head` (`slices.cut`).

    `left`: flags of dbt that the environment and the project may set. `with_functions`: whether functions are made that
    are not chosen, for a place that has none yet. No node is run twice; hooks are run by both commands.
    """
    alone = {uid for uid in chosen if uid in head.unit_tests} - set(_with_their_model(head, chosen))
    manifest = cut(head, set(chosen) - alone, standing_in)
    if not with_functions:
        leave_functions(manifest, chosen)
    outcome = Outcome((), 0.0)
    if not alone or set(chosen) - alone:
        outcome = project.run("build", target, manifest, [*ARGUMENTS, *arguments], on_event, left)
    if alone:
        words = [*ARGUMENTS, *(word for word in arguments if word != "--full-refresh")]
        tested = project.run("test", target, cut(head, alone, standing_in), words, on_event, left)
        outcome = outcome.then(tested)
    return outcome, manifest


def _with_their_model(head: Manifest, chosen: Collection[str]) -> list[str]:
    return [uid for uid in chosen if uid in head.unit_tests and head.unit_tests[uid].depends_on.nodes[0] in chosen]
