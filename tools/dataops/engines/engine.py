"""What a warehouse has to be able to do for releases, as protocols: `release/` asks these and knows no warehouse.

A deploy, in the order in which it asks:

    engine.ensure_releases()              before anything else: refuse where no release can be made
    with engine.held():                   one deploy or rollback at a time
        engine.settle(state)              what a process left that was killed is finished or undone
        engine.refusals(manifest)         what the project writes that no release could take back
        watch = engine.watch()            production, looked at
        candidate = engine.candidate(…)   the next release begins: whatever has history is there as production has it
        candidate.run(…)                  dbt builds and tests it where no reader looks; asked again after a pause
        candidate.document(…)             dbt's catalog of it
        state.record(…)                   the caller stores the release's record and bundle: it is not live yet
        candidate.publish(…)              readers see it from here on, and the state's pointer follows; or
        candidate.wait(…)                 it is left as it is, for another process to publish or to drop
        engine.reopen(…)                  in that process: where something failed in it, it is gone on with
        engine.discard()                  whatever was built and not published is gone
        watch.aftermath(…)                where nothing was published: whether production is what it was

**What an engine promises**, and the conformance suite (`tools/tests/engines`) holds it to:

* Until `publish`, nothing that readers of production can see changes. A candidate is built under other names or in
  another place, and dbt's `target.name` in it is production's own.
* `publish` and `restore` are all or nothing as far as `Capabilities.atomic` says. Where that is *relation by relation*,
  the engine writes down old and new before it begins, somewhere that `settle` finds from any machine.
* What is live is known to the engine itself (a file's identity, a row written in the same transaction), and the
  state's pointer is moved after it. A process that is killed in between leaves the two apart, and `settle` moves the
  pointer: the engine's word counts.
* Someone who writes to production after `candidate` took over its rows keeps what they wrote: `publish` refuses.
* What is not the project's (other relations, views onto the project's, grants, comments) is after a publication what it
  was before, or the publication is refused with its name.
* Whatever is superseded stays whole and readable until `forget` removes it, and its views show its own rows.

Errors are `DataopsError`s with a remedy. A refusal leaves production and state as they were.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from dataops.engines.values import Aftermath, Capabilities, Extract, Note, Stand

if TYPE_CHECKING:
    from dataops.engines.server import Copies
    from dataops.errors import DataopsError
    from dataops.project.invocation import OnEvent, Parsed
    from dataops.project.outcome import Outcome
    from dataops.project.profiles import Target
    from dataops.project.slices import Place
    from dataops.store.state import State


class Watch(Protocol):
    """Production as it was when this was made."""

    def aftermath(self, unseen: Iterable[str]) -> Aftermath:
        """What became of it since. `unseen`: unique ids of nodes whose code can write where nobody looks.

        Asked only where nothing was published. It must not say *untouched* of what it did not look at.
        """


class Candidate(Protocol):
    """The next release while it is built. It lives inside `Engine.held`, and is gone after `Engine.discard`.

    Where relations are built under other names than they are served (`<schema>__next`), only the candidate knows: it
    rewrites names in what it hands to dbt, and back in what dbt leaves. A project's own `generate_schema_name` may
    ignore the target's schema, so the parsed manifest is rewritten, not the profile's `schema`; `target.name` stays
    production's, on which configuration and macros may depend.
    """

    @property
    def begins(self) -> bool:
        """Whether there is no production yet, so that nothing is superseded.

        False for one that dbt built before the first release: that is adopted, and can be rolled back to.
        """

    def run(self, manifest: Any, folder: Path, arguments: Sequence[str], on_event: OnEvent | None) -> Outcome:
        """`dbt build` of a manifest, which names relations as they are served, in the candidate.

        Afterwards the manifest's nodes hold the SQL that was compiled, and `folder` (relative to the project) dbt's
        artifacts: both with the names that readers will find. Nodes that fail are in the outcome.

        Raises:
            DataopsError: dbt could not run it at all.
        """

    def document(self, manifest: Any, folder: Path) -> None:
        """Write dbt's `catalog.json` of the candidate's relations into `folder`, with the names that readers find."""

    def publish(self, state: State, release: str, superseded: str | None) -> None:
        """Make the candidate production and `release` the state's live release; keep what it replaces as `superseded`.

        The release is recorded in the state by now. `superseded` is None where `begins` is true.

        Raises:
            WarehouseError: production was written to since the candidate took over its rows, somebody keeps the
                publication out, or something outside the project would break; nothing was changed.
            StateError: it is published, and the pointer could not be moved: the message says so.
        """

    def wait(self, release: str, unfinished: bool = False) -> None:
        """Leave the candidate as it is, to be published as `release` by a later process; at once, or not at all.

        `settle` and `discard` leave it alone, and so does the next candidate. What waited before is gone.
        `unfinished`: it is not to be published, but to be gone on with by `Engine.reopen`.
        """


class Workspace(Protocol):
    """Where a pull request's change is built and compared. Nothing that is done there can be seen in production.

    `ci` holds one workspace per checkout; a run that was killed leaves what `discard` or `clean` removes.
    """

    def target(self) -> Target:
        """Dbt's target of it. From there, all of production is readable under its own names, and not to be written."""

    def building(self, head: Parsed, chosen: Collection[str]) -> Target:
        """As `target`, for a build of `chosen`: whatever their hooks write to besides is a copy of production's."""

    def stand_ins(self, head: Parsed, live: Mapping[str, Place], chosen: Collection[str]) -> dict[str, Place]:
        """Where a build of `chosen` reads all else: production's relations, of which `live` says where they are.

        Empty where there is no production yet.
        """

    def take_over(self, target: Target, head: Parsed, wanted: Copies) -> tuple[str, ...]:
        """Copy production's relations, each with whatever dbt needs to go on from it; unique ids of those that exist.

        `wanted` has, by unique id, production's place and the workspace's, in which something of before may be.
        """

    def apart(self, folder: str) -> AbstractContextManager[None]:
        """Lead files that dbt writes meanwhile into a folder of the workspace's: production's stay."""

    def left(self) -> bool:
        """Whether what an earlier build made may be here still."""

    def discard(self) -> None:
        """Remove what an earlier run left, before the next one begins, where it could be mistaken for this one's."""

    def clean(self, head: Parsed | None) -> int:
        """Remove whatever builds of this project left here; how many relations (DuckDB: databases).

        `head`: the project as parsed under the pull requests' target, if it is at hand as a whole. Whatever
        production can have stays, even if both targets have one schema.
        """


class Engine(Protocol):
    """One production. Made anew by each command; it opens nothing until it is asked."""

    @property
    def workspace(self) -> Workspace:
        """Where pull requests are built."""

    @property
    def capabilities(self) -> Capabilities:
        """What holds here, in words."""

    @property
    def production(self) -> str:
        """Production as errors name it: a file, or a database and its schemas."""

    def exists(self) -> bool:
        """Whether production is there to be read. True where only asking the warehouse could tell."""

    def reading(self) -> Target:
        """The target under which production is looked at: to open it does not make or change anything."""

    def with_production(self, name: str) -> Target:
        """The profile's target `name` in a form in which production's relations can be read, and not written to."""

    def stand_ins(
        self, head: Parsed, live: Mapping[str, Place], chosen: Collection[str], database: str
    ) -> dict[str, Place]:
        """As the workspace's, for a build of a person's own in `database`, under a target from `with_production`."""

    def notes(self, manifest: Any) -> Iterator[Note]:
        """What a release of this project holds besides production's own relations, and what it leaves alone."""

    def ensure_releases(self) -> None:
        """Do nothing where releases can be made.

        Raises:
            SettingsError: they cannot, and what to do instead.
        """

    def remarks(self) -> tuple[str, ...]:
        """What readers may have seen of the publications so far, in sentences; none where each was all at once."""

    def refusals(self, manifest: Any) -> Iterator[DataopsError]:
        """What the project writes that a candidate could not build apart, or a release could not take back."""

    def held(self) -> AbstractContextManager[None]:
        """Keep other deploys and rollbacks out, from any machine that the lock reaches; a killed process lets go.

        Raises:
            WarehouseError: another process holds it.
        """

    def settle(self, state: State) -> None:
        """Finish or undo what an interrupted publication left, so that production and its state agree. Idempotent.

        Also removes what a killed process had begun to build. Asked inside `held`.

        Raises:
            StateError: what was left is damaged, and nothing else tells which release is live.
        """

    def settle_if_idle(self, state: State) -> None:
        """As `settle`, for a command that only reads: quick where nothing was left, and no waiting for a deploy."""

    def watch(self) -> Watch:
        """Look at production, before anything is built."""

    def candidate(self, manifest: Any, keep: Mapping[str, Place], full_refresh: bool) -> Candidate:
        """Begin the next release; whatever an earlier call began is discarded.

        Production's rows are there of every relation that dbt adds to (incremental models, unless `full_refresh`, and
        snapshots) and of tests' stored failures. `manifest` is the whole project as parsed under production's target.
        `keep`, by unique id: relations that the release has as production has them now, although dbt does not build
        them; a view among them gets rows of its own, since what it reads may be released without it.

        Raises:
            WarehouseError: somebody is writing to production, or there is no room.
        """

    def reopen(self, release: str, manifest: Any) -> Candidate:
        """Go on with a candidate that waits unfinished, as it was left; from here on it waits no more.

        `manifest` is the project's, of the same code. A process that is killed from here on loses the candidate.

        Raises:
            WarehouseError: production was written to since it took over its rows; it waits on.
            StateError: what was left is damaged.
            SettingsError: this engine cannot go on with one (`Capabilities.reopens`).
        """

    def discard(self) -> None:
        """Remove whatever was built and not published. Never raises."""

    def waiting(self) -> str | None:
        """The release that waits to be published. Asked inside `held`."""

    def publish_waiting(self, state: State, release: str, superseded: str | None) -> None:
        """As `Candidate.publish`, of the release that waits, which does so no more. Where it is refused, it waits on.

        Raises:
            WarehouseError: as there; production was written to since its candidate took over its rows.
            StateError: as there; or what was left waiting is damaged.
        """

    def drop_waiting(self) -> None:
        """Remove the release that waits, if one does. Asked inside `held`."""

    def restore(self, state: State, release: str, superseded: str) -> None:
        """Make a kept release production again, and the state's live one; keep what is live as `superseded`.

        Raises:
            StateError: that release is not kept whole.
            WarehouseError: as for `Candidate.publish`; nothing was changed.
        """

    def retained(self) -> set[str]:
        """The superseded releases that can be restored."""

    def forget(self, keep: int, order: Sequence[str]) -> list[str]:
        """Remove all but the newest `keep` superseded releases; `order` is oldest first. Those that are gone."""

    def holds(self, release: str) -> bool:
        """Whether production is what was published as `release`, and nobody has written to it since.

        False where that cannot be told.
        """

    def export(self, place: Place, file: Path, described: Mapping[str, str], personal: set[str]) -> Extract:
        """Write production's relation at `place` to a Parquet file, in an order that depends on its rows alone.

        `described`: texts by lowered column name; `personal`: lowered names whose extremes are not told.

        Raises:
            WarehouseError: it cannot be read.
        """

    def stand(self, folder: Path, name: str) -> Stand:
        """Where a production `name` could be rehearsed beside this one: `folder` is its project's, and there already.

        Whatever such a production and its releases consist of is in `folder`, or in schemas whose names begin with
        `name`, or is removed by `vacate`.
        """

    def vacate(self) -> None:
        """Remove what releases of this production have left elsewhere than in schemas beside it: it is no more."""
