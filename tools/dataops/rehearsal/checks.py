"""The promises that a rehearsal tries, one function each, in the order in which production goes through them.

A check returns what was seen where its promise held, and raises `BrokenError` or `UntriedError` where not. Each leaves
production whole, of the edition that the state says is live.
"""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

from dataops.breaker.ledger import Ledger
from dataops.breaker.pauses import find
from dataops.environment.machine import who
from dataops.errors import DataopsError, WarehouseError
from dataops.project.outcome import Outcome
from dataops.project.slices import Place
from dataops.rehearsal import play
from dataops.rehearsal.finding import BrokenError, UntriedError
from dataops.rehearsal.processes import POINTS, killed, reading
from dataops.rehearsal.stage import Stage
from dataops.release import waiting

Check = Callable[[Stage], str]


def _expect(holds: bool, otherwise: str) -> None:
    if not holds:
        raise BrokenError(otherwise)


def _is(stage: Stage, edition: int, after: str) -> None:
    """Production is whole, and the state says the same."""
    found, told = stage.edition(), stage.live()
    _expect(found == edition, f"after {after} readers find edition {found}, not {edition}")
    _expect(told == edition, f"after {after} the state says edition {told}, not {edition}")


def _refused(action: Callable[[], object], what: str) -> str:
    try:
        action()
    except DataopsError as error:
        return error.message
    raise BrokenError(f"{what} was not refused")


def first_release(stage: Stage) -> str:
    """The first one, and nothing to go back to."""
    edition = stage.released()
    _is(stage, edition, "the first release")
    return f"rollback is refused: {_refused(stage.rollback, 'a rollback of the first release')}"


def every_relation(stage: Stage) -> str:
    """A table, a view, an incremental model and a seed, in two schemas."""
    found = len(stage.query(f"select code from {stage.relation('languages')}"))  # noqa: S608
    _expect(found == 2, f"the seed has {found} rows, not 2")
    schemas = sorted({place.schema for place in stage.places.values()})
    return f"{len(stage.places)} relations in {', '.join(schemas)}, of edition {stage.edition()}"


def outside(stage: Stage) -> str:
    """A table and a view of somebody else's, and what was put on a relation by hand."""
    live = stage.places[play.TABLE]
    schema = f"{stage.name}_bi"
    notes = Place(live.database, schema, "notes", "model", "table", "notes")
    made = stage.make(notes, "select 'mine' as note")
    view = made.replace("notes", "newest")
    stage.write(f"create view {view} as select edition from {stage.relation(play.TABLE)}")  # noqa: S608
    edition = stage.released()
    for turn, wanted in (("a release", edition), ("a rollback", edition - 1)):
        if turn == "a rollback":
            stage.rollback()
        shown = stage.query(f"select edition from {view}")  # noqa: S608
        _expect(shown == [(wanted,)], f"after {turn}, a view from outside shows {shown}, not edition {wanted}")
        kept = stage.query(f"select note from {made}")  # noqa: S608
        _expect(kept == [("mine",)], f"after {turn}, a table from outside has {kept}")
    _is(stage, edition - 1, "a rollback")
    return "a table and a view from outside"


def attire(stage: Stage) -> str:
    """What somebody put on a relation by hand."""
    if not stage.stand.attire:
        raise UntriedError("nothing is known here that could be put on a relation by hand")
    for each in stage.stand.attire:
        stage.write(each.put.format(stage.relation(play.TABLE)))
    worn, before = _worn(stage), stage.edition()
    stage.released()
    _expect_worn(stage, worn, "a release")
    stage.rollback()
    _expect_worn(stage, worn, "a rollback")
    _is(stage, before, "a rollback")
    return f"{', '.join(worn)} that were put on by hand"


def _expect_worn(stage: Stage, worn: dict[str, Any], after: str) -> None:
    now = _worn(stage)
    lost = [what for what, rows in worn.items() if now[what] != rows]
    _expect(not lost, f"after {after}, {', '.join(lost)} of {play.TABLE} are not what they were")


def _worn(stage: Stage) -> dict[str, Any]:
    relation, place = stage.relation(play.TABLE), stage.places[play.TABLE]
    words = {"schema": place.schema, "name": place.identifier}
    return {each.what: stage.query(each.ask.format(relation, **words)) for each in stage.stand.attire}


def readers(stage: Stage) -> str:
    """Processes that read while a release is published, and a rollback."""
    before = stage.edition()
    with reading(stage) as told:
        edition = stage.released()
        took = stage.seconds
    seen = told[0]
    counted = f"{seen.reads} reads, slowest {seen.slowest:.2f} s; published in {took:.2f} s"
    _expect(not seen.errors, f"{counted}; {len(seen.errors)} failed, the first: {(*seen.errors, '')[0]}")
    strange = seen.editions - {before, edition}
    _expect(not strange, f"{counted}; editions {sorted(strange)} were seen, which were not live")
    _expect(edition in seen.editions, f"{counted}; nobody saw the new release")
    _is(stage, edition, "a release under readers")
    if stage.engine().capabilities.atomic == "all at once":
        _expect(not seen.mixed, f"{counted}; {seen.mixed} were of two releases, within {seen.seconds:.2f} s")
        return f"{counted}; none failed, none was of two releases"
    return (
        f"each relation by itself: {counted}; none failed, {seen.mixed} were of two releases, within "
        f"{seen.seconds:.2f} s, as this engine says"
    )


def incremental(stage: Stage) -> str:
    """What dbt adds to has production's rows, and those of no other release."""
    before = stage.logged()
    edition = stage.released()
    now = stage.logged()
    _expect(now == before | {edition}, f"{play.LOG} had the editions {sorted(before)} and has {sorted(now)}")
    return f"{play.LOG} went from {len(before)} to {len(now)} rows"


def back_and_forward(stage: Stage) -> str:
    """A rollback, and to the later release again."""
    edition, rows = stage.edition(), stage.logged()
    earlier, later = stage.rollback()
    _is(stage, stage.editions[earlier], "a rollback")
    stage.rollback(later)
    _is(stage, edition, "going forward")
    _expect(stage.logged() == rows, f"{play.LOG} has other rows after going back and forward")
    return f"editions {edition}, {stage.editions[earlier]}, {edition}"


def waits(stage: Stage) -> str:
    """A release in two steps: built, published later, and gone back from."""
    before = stage.edition()
    edition = stage.hold()
    _is(stage, before, "a release that waits")
    release = stage.publish()
    _expect(stage.editions[release] == edition, f"{release} was published, and another release waited")
    _is(stage, edition, "publishing what waited")
    stage.rollback()
    _is(stage, before, "a rollback of what had waited")
    stage.rollback(release)
    return f"edition {before} while {edition} waited, then {edition}"


def discarded(stage: Stage) -> str:
    """A release that waits, and is dropped."""
    before, there = stage.edition(), stage.listed()
    stage.hold()
    waiting.discard(stage.engine(), stage.state)
    _is(stage, before, "dropping what waited")
    _expect(stage.listed() == there, "what waited left something behind")
    return f"edition {before} before and after; nothing is left of what waited"


def kept(stage: Stage) -> str:
    """A release that was replaced, and one that was rolled back."""
    if not any(stage.beside_production().values()):
        raise UntriedError("kept releases are in no schemas here")
    before, edition = stage.edition(), stage.released()
    for turn, wanted in (("a release", before), ("a rollback", edition)):
        if turn == "a rollback":
            stage.rollback()
        found = stage.beside_production()
        missing = sorted(name for name, editions in found.items() if wanted not in editions)
        _expect(not missing, f"after {turn}, no kept {', '.join(missing)} shows edition {wanted}")
    _is(stage, before, "a rollback")
    return f"editions {before} and {edition}, each read while the other one was live"


def failure(stage: Stage) -> str:
    """A failing test."""
    edition, rows = stage.live(), stage.logged()
    done = stage.deploy(-1)
    _expect(done.release is None, "a release with a failing test was published")
    _is(stage, edition, "a failing test")
    _expect(stage.logged() == rows, f"{play.LOG} has other rows after a failing test")
    return f"a failing test; {done.aftermath.sentence}"


def nothing_left(stage: Stage) -> str:
    """A model that cannot be built."""
    edition, there = stage.live(), stage.listed()
    done = stage.deploy_broken()
    _expect(done.release is None, "a release was published of which a model could not be built")
    _is(stage, edition, "a model that failed")
    now = stage.listed()
    left = [f"{schema}.{name}" for schema, names in now.items() for name in names if name not in there.get(schema, [])]
    left += [schema for schema in now if schema not in there]
    _expect(not left, f"left behind: {', '.join(left[:5])}")
    _expect(now == there, "relations went missing")
    return "a model failed; no schema and no relation more than before"


def second_deploy(stage: Stage) -> str:
    """Two at once."""
    edition = stage.edition()
    with stage.engine().held():
        said = _refused(stage.deploy, "a deploy while another one holds the lock")
        _refused(stage.rollback, "a rollback while a deploy holds the lock")
    _is(stage, edition, "a refused deploy")
    return said


def state_says(stage: Stage) -> str:
    """Whether production is what was published."""
    live = str(stage.state.current())
    if not stage.engine().holds(live):
        raise UntriedError(f"{stage.engine().capabilities.engine} does not tell whether somebody wrote to production")
    _add(stage)
    _expect(not stage.engine().holds(live), "a row that somebody added went unnoticed")
    return "a row that somebody added was noticed"


def _add(stage: Stage) -> None:
    """A row by somebody else: of an edition that is there, so that all of production stays of one."""
    try:
        stage.write(f"insert into {stage.relation(play.LOG)} values ({stage.live()})")  # noqa: S608
    except WarehouseError as error:
        said = textwrap.shorten(error.message, 120, placeholder=" …")
        raise UntriedError(f"nobody can write to production's relations: {said}") from error


class _Intruder:
    """Writes to production once the next release is built."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self.failed: Exception | None = None

    def began(self, *_: Any) -> None:
        """Not yet."""

    def happened(self, event: Any) -> None:
        """Not yet."""

    def ended(self, outcome: Outcome) -> None:
        """Now."""
        try:
            _add(self._stage)
        except UntriedError as error:
            self.failed = error


def someone_writes(stage: Stage) -> str:
    """Theirs is kept, and the release that did not see it is not published."""
    edition = stage.live()
    rows = _rows(stage)
    intruder = _Intruder(stage)
    stage.project.watchers.append(intruder)
    try:
        said = _refused(stage.deploy, "a release that did not see what somebody wrote")
    finally:
        stage.project.watchers.remove(intruder)
        if intruder.failed is not None:
            raise intruder.failed
    _is(stage, edition, "a refused release")
    _expect(_rows(stage) == rows + 1, "what somebody wrote is gone")
    return said


def _rows(stage: Stage) -> int:
    return int(stage.query(f"select count(*) from {stage.relation(play.LOG)}")[0][0])  # noqa: S608


def paused(stage: Stage) -> str:
    """A model that is held while the rest is released."""
    before = stage.edition()
    ledger = Ledger(stage.state.location)
    pause = ledger.pause(find(stage.parse(), play.COPY), "a rehearsal", who(), stage.state.live_since())
    try:
        edition = stage.released()
        found = dict(stage.query(stage.reading()))
    finally:
        ledger.resume(pause, "a rehearsal", who())
    wanted = {name: before if name == play.COPY else edition for name in play.EDITIONED}
    _expect(found == wanted, f"{play.COPY} was paused at edition {before}, and production has {found}")
    _is(stage, stage.released(), "the end of a pause")
    return f"{play.COPY} stayed at edition {before} while the rest became {edition}"


def only_so_many(stage: Stage) -> str:
    """Releases beyond `releases.keep` go."""
    keep = stage.settings.releases.keep
    kept = stage.engine().retained()
    _expect(len(kept) == keep, f"{len(kept)} replaced releases are kept, and the settings say {keep}")
    oldest = stage.state.releases()[0].id
    return f"{keep} kept; {_refused(lambda: stage.rollback(oldest), 'going back to a release that is not kept')}"


def kills(stage: Stage) -> str:
    """`kill -9` while building and around publication, each settled by the next command."""
    whole = stage.engine().capabilities.atomic == "all at once"
    over = []
    for point, published in POINTS.items():
        before, stage.newest = stage.edition(), stage.newest + 1
        if not killed(stage, stage.newest, point):
            over.append(point)
        if whole:
            stage.edition()
        stage.settle()
        stage.learn(stage.newest)
        found, told = stage.edition(), stage.live()
        _expect(found == told, f"killed {point}: readers find edition {found}, and the state says {told}")
        wanted = {True: {stage.newest}, False: {before}, None: {before, stage.newest}}[published]
        _expect(found in wanted, f"killed {point}: production is edition {found}, not {' or '.join(map(str, wanted))}")
    before = stage.edition()
    _is(stage, stage.released(), "the deploy after the kills")
    stage.rollback()
    _is(stage, before, "a rollback after the kills")
    died = "; ".join(point for point in POINTS if point not in over)
    return f"killed {died}" + (f" (publishing was over before it could be killed {over[0]})" if over else "")


def adopted(stage: Stage) -> str:
    """A production that dbt built, which the first release replaces."""
    other = stage.another()
    try:
        with other.project.entered():
            manifest = other.parse()
            outcome = other.project.run("build", other.targets.production, manifest)
            _expect(not outcome.failed, "dbt could not build the project")
            other.newest = 1
            edition = other.released()
            _is(other, edition, "the first release over what dbt built")
            other.rollback()
            _expect(other.edition() == 1, f"a rollback shows edition {other.edition()}, and dbt had built 1")
            _expect(other.logged() == {1}, f"{play.LOG} has {sorted(other.logged())} after a rollback")
    finally:
        other.remove()
    return "dbt's own build, a release over it, and back"


CHECKS: dict[str, Check] = {
    "a first release replaces none": first_release,
    "every relation is where the project says": every_relation,
    "what the project does not build stays": outside,
    "what relations have besides rows stays": attire,
    "readers that never pause see one release": readers,
    "incremental models and snapshots go on from production's rows": incremental,
    "back and forward": back_and_forward,
    "a release waits until it is published": waits,
    "a release that waits is discarded": discarded,
    "a kept release can be read": kept,
    "a failure changes nothing": failure,
    "nothing that a release was built in is left": nothing_left,
    "a second deploy is refused": second_deploy,
    "what is published is what the state says until someone writes": state_says,
    "someone writes to production meanwhile": someone_writes,
    "what is paused stays as it is": paused,
    "only so many releases are kept": only_so_many,
    "killed while deploying": kills,
    "a production that dbt built before the first release": adopted,
}
"""The core of what docs/engines.md promises, by its names there."""

ELSEWHERE = {
    "an export is of the live release or refused": "it is promised on few engines; `dataops export` says where",
    "a disk that fills changes nothing": "a rehearsal fills no disk that others use",
    **dict.fromkeys(
        (
            "a newer release takes the place of one that waits",
            "someone writes to production while a release waits",
            "what waits is refused when it is stale",
            "killed while a release is left to wait",
            "killed while what waits is published",
            "what failed is kept and built again",
            "someone writes to production while what failed is kept",
            "killed while what failed is left and built again",
        ),
        "a release that waits is published and discarded here, and nothing more",
    ),
    "killed while deploying around a pause": "kills and pauses are tried one by one",
    "a change is built apart": "`dataops ci` shows it, in a checkout of your own",
    "killed in a workspace": "`dataops ci` builds in a checkout, and a rehearsal has none",
}
"""Promises of that page which a rehearsal does not try, and why."""
