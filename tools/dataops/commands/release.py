"""The command line's part on releases: make one, list them, go back to one, hand data on from one."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console

from dataops.commands.options import (
    EVENTS,
    PROJECT,
    format_option,
    open_production,
    open_project,
    options,
    refuse_unreadable,
)

if TYPE_CHECKING:
    from dataops.release.facts import Deployed


@click.command()
@options(PROJECT, EVENTS)
@click.option("--full-refresh", is_flag=True, help="Rebuild incremental models from nothing.")
@click.option("--hold", is_flag=True, help="Build and test now; `dataops publish` makes it live later.")
@click.pass_obj
def deploy(console: Console, /, full_refresh: bool, hold: bool, events: Path | None, **given: Any) -> int:
    """Release: build beside production, test, and replace production only if everything passed.

    \b
    Example:
      dataops deploy && dataops releases
    """
    from dataops.breaker import policy
    from dataops.breaker.ledger import Ledger
    from dataops.history.recorder import Verdict, opening, recorded
    from dataops.orchestrate.events import telling
    from dataops.orchestrate.openlineage.telling import traced
    from dataops.output import terminal
    from dataops.rehearsal.trial import refuse_untried
    from dataops.release import deploy as releasing
    from dataops.release.tally import tallied
    from dataops.store.state import State

    command = "deploy --hold" if hold else "deploy"
    with telling(events, command) as told:
        with opening(command, given):
            project, settings = open_project(given)
            targets, engine = open_production(project, settings, given["target"])
        pauses = told.wanted and policy.pauses(settings.breaker.rules, Ledger(settings.state).read_if_allowed())
        told.begin(project, targets.production.name, pauses)
        # Where no release can be made, none is missing: this is no incident of production's.
        engine.ensure_releases()
        state = State(settings.state)
        refuse_untried(engine, targets, state)
        with (
            recorded(project, settings, command) as recorder,
            traced(project, settings, command, targets.production.name) as lineage,
            # Who publishes what waits may be asked how many rows are in it, and runs no dbt to tell.
            tallied(project, told.wanted or hold or lineage.wanted) as tally,
        ):
            done = releasing.deploy(project, targets, engine, settings, state, full_refresh, console, hold, tally)
            lineage.deployed(done, state)
            recorder.release = done.release.id if done.release and not done.waiting else None
            recorder.verdict = Verdict(done.verdict, done.release is not None)
        told.deployed(done)
        if done.audit is not None and done.audit is not done.outcome:
            console.print("All of the project, on the newest data:", highlight=False)
            terminal.outcome(console, done.audit)
            console.print("Without what is held:", highlight=False)
        terminal.outcome(console, done.outcome)
        _told(console, done)
        for remark in engine.remarks():
            console.print(remark, highlight=False)
        refuse_unreadable(done.outcome)
        return told.end(done.exit_code, done.verdict)


@click.command()
@options(PROJECT, EVENTS)
@click.argument("release", required=False)
@click.pass_obj
def publish(console: Console, /, release: str | None, events: Path | None, **given: Any) -> int:
    """Make the release live that `dataops deploy --hold` built and tested; RELEASE and no other, if named.

    Refused (exit code 1) when its time is over, another release went live since, or a node was paused since; and
    (exit code 2) when production was written to since.

    \b
    Example:
      dataops deploy --hold && dataops publish
    """
    from dataops.history.recorder import Verdict, opening, recorded
    from dataops.orchestrate.events import telling
    from dataops.orchestrate.openlineage.telling import traced
    from dataops.output import terminal
    from dataops.release import waiting
    from dataops.store.state import State

    with telling(events, "publish") as told:
        with opening("publish", given):
            project, settings = open_project(given)
            targets, engine = open_production(project, settings, given["target"])
        told.begin(project, targets.production.name)
        state = State(settings.state)
        with (
            recorded(project, settings, "publish") as recorder,
            traced(project, settings, "publish", targets.production.name) as lineage,
        ):
            done = waiting.publish(engine, settings, state, partial(told.publishing, state), release)
            lineage.published(state, done.release if done is not None else None)
            if done is not None:
                recorder.release = done.release
                recorder.verdict = Verdict(f"Released {done.release}", is_good=True)
        # A command that was given in vain says nothing of production: it is no part of the history.
        if done is None:
            raise waiting.nothing_waits()
        told.published()
        terminal.published(console, done.release, done.superseded)
        for remark in engine.remarks():
            console.print(remark, highlight=False)
        return told.end(0, f"Released {done.release}")


@click.command()
@options(PROJECT, EVENTS)
@click.argument("release", required=False)
@click.pass_obj
def retry(console: Console, /, release: str | None, events: Path | None, **given: Any) -> int:
    """Build again what failed in `dataops deploy --hold`, and what reads it; nothing else. In RELEASE only, if named.

    For a night whose data was mended: it refuses (exit code 1) if the code has changed, or if rows could be added
    twice. If all ended well, `dataops publish` makes the release live.

    \b
    Example:
      dataops deploy --hold || dataops retry
    """
    from dataops.history.recorder import Verdict, opening, recorded
    from dataops.orchestrate.events import telling
    from dataops.orchestrate.openlineage.telling import traced
    from dataops.output import terminal
    from dataops.rehearsal.trial import refuse_untried
    from dataops.release import retry as retrying
    from dataops.release.tally import tallied
    from dataops.release.unfinished import Means
    from dataops.store.state import State

    with telling(events, "retry") as told:
        with opening("retry", given):
            project, settings = open_project(given)
            targets, engine = open_production(project, settings, given["target"])
        told.begin(project, targets.production.name)
        engine.ensure_releases()
        means = Means(project, targets, engine, settings, State(settings.state))
        refuse_untried(engine, targets, means.state)
        with (
            recorded(project, settings, "retry") as recorder,
            traced(project, settings, "retry", targets.production.name) as lineage,
            tallied(project, wanted=True) as tally,
        ):
            done = retrying.retry(means, tally, console, release)
            if done is None:
                lineage.verdict(good=False, text=retrying.nothing_to_retry().message)
            else:
                lineage.deployed(done, means.state)
                recorder.verdict = Verdict(done.verdict, done.release is not None)
        if done is None:
            raise retrying.nothing_to_retry()
        told.deployed(done)
        terminal.outcome(console, done.outcome)
        _told(console, done)
        refuse_unreadable(done.outcome)
        return told.end(done.exit_code, done.verdict)


def _told(console: Console, done: Deployed) -> None:
    """What became of a release, and of what is paused."""
    from dataops.output import paused, terminal

    paused.incidents(console, done.incidents)
    paused.ended(console, done.resumed)
    paused.holds(console, done.holds)
    terminal.deployed(console, done)


@click.command()
@options(PROJECT, EVENTS)
@click.pass_obj
def discard(console: Console, /, events: Path | None, **given: Any) -> int:
    """Drop the release that waits, or that failed and was kept. Production stays as it is.

    \b
    Example:
      dataops discard
    """
    from dataops.orchestrate.events import telling
    from dataops.release import waiting
    from dataops.store.state import State

    with telling(events, "discard") as told:
        project, settings = open_project(given)
        targets, engine = open_production(project, settings, given["target"])
        told.begin(project, targets.production.name)
        state = State(settings.state)
        dropped = waiting.discard(engine, state, partial(told.found, state))
        told.discarded()
        console.print(f"Discarded {dropped}, which was never live", highlight=False)
        return told.end(0, f"Discarded {dropped}")


@click.command()
@options(PROJECT)
@click.argument("release", required=False)
@click.pass_obj
def rollback(console: Console, /, release: str | None, **given: Any) -> int:
    """Make an earlier release live again: RELEASE, or the one that the live one replaced.

    \b
    Example:
      dataops rollback
    """
    from dataops.release import deploy as releasing
    from dataops.store.state import State

    project, settings = open_project(given)
    _, engine = open_production(project, settings, given["target"])
    chosen, live = releasing.rollback(engine, State(settings.state), release)
    console.print(f"Live again: {chosen} (was {live}, which is kept)", highlight=False)
    for remark in engine.remarks():
        console.print(remark, highlight=False)
    return 0


@click.command()
@options(PROJECT)
@format_option("text", "json")
@click.pass_obj
def releases(console: Console, /, style: str, **given: Any) -> int:
    """List the releases: which is live, which waits to be published, and which are kept to roll back to."""
    from dataops.output import documents, terminal
    from dataops.store.drafts import Drafts
    from dataops.store.state import State

    project, settings = open_project(given)
    state = State(settings.state)
    _, engine = open_production(project, settings, given["target"])
    engine.ensure_releases()
    unfinished = Drafts(settings.state).find()
    if style == "json":
        document = documents.releases(
            state.releases(), state.current(), engine.retained(), state.went_live(), state.waiting(), unfinished
        )
        click.echo(documents.text(document), nl=False)
    else:
        lived = {release for _, release in state.went_live()}
        terminal.releases(console, state.releases(), state.current(), engine.retained(), lived, state.waiting())
        terminal.unfinished(console, unfinished)
    return 0


@click.command()
@options(PROJECT)
@click.argument("nodes", metavar="NODE...", nargs=-1, required=True)
@click.option("--to", "place", metavar="PLACE", required=True, help="A folder, or a URL such as s3://bucket/folder.")
@click.pass_obj
def export(console: Console, /, nodes: tuple[str, ...], place: str, **given: Any) -> int:
    """Hand released tables on: each as Parquet, with a data card beside it (JSON and Markdown).

    The same release gives the same bytes. Refused (exit code 1) when a test of the table failed, did not run or does
    not exist, and when production was written to since the release.

    \b
    Example:
      dataops export fct_orders --to handoff
    """
    from dataops.output import cards, documents, terminal
    from dataops.project.run import waiting
    from dataops.release.export import Export
    from dataops.store.location import Location
    from dataops.store.state import State

    # Where the caller stands, before the project's folder becomes the working directory.
    there = Location(place if "://" in place else str(Path(place).absolute()))
    project, settings = open_project(given)
    with waiting(console, "reading the release"):
        release = Export(open_production(project, settings, given["target"])[1], State(settings.state))
        keys = [release.find(name) for name in nodes]
        # All are judged before the first is written: a refusal leaves no half of a hand-off.
        for key in keys:
            release.judge(key)
    for key in keys:
        with waiting(console, f"exporting {key.split('.', 2)[-1]}"), release.made(key) as (card, file):
            # The card comes last: who finds it finds the data.
            there.write(card.file, file)
            there.write(f"{card.name}.card.md", cards.markdown(card).encode())
            there.write(f"{card.name}.card.json", documents.text(documents.card(card)).encode())
        terminal.exported(console, card, place)
    return 0
