"""`retry`: what failed in a release that waits unfinished is built in it again, with all that reads it, and no more."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from functools import partial

from rich.console import Console

from dataops.breaker.circuit import Circuit
from dataops.breaker.holding import free
from dataops.errors import RefusedError, SettingsError
from dataops.project import baseline, graph, writes
from dataops.project.invocation import Parsed
from dataops.project.outcome import Account, Outcome
from dataops.project.production import refuse_unset
from dataops.project.run import waiting as progress
from dataops.project.run import watching
from dataops.project.slices import cut, exactly
from dataops.release import merging, sameness, waiting
from dataops.release.again import again, twice
from dataops.release.contents import Contents
from dataops.release.deploy import FOLDER, record, unfinished
from dataops.release.facts import Deployed
from dataops.release.held import Held
from dataops.release.tally import Tally
from dataops.release.unfinished import MANIFEST, RUN, Attempt, Draft, Means, inputs, stored
from dataops.store.record import Unfinished


def nothing_to_retry() -> SettingsError:
    """What is wrong where there is nothing to go on with."""
    return SettingsError("no release waits unfinished", "`dataops deploy --hold` leaves one when something fails in it")


def retry(means: Means, tally: Tally, console: Console, only: str | None = None) -> Deployed | None:
    """Go on with a release that waits unfinished; None where there is none: nothing happened to production.

    `tally` counts the rows of what is built; `only`: which release it has to be.

    Raises:
        RefusedError: it is another or stale, the project is of other code, or some of it would be built twice; it
            waits on.
        DataopsError: it could not run.
    """
    engine, state, targets = means.engine, means.state, means.targets
    engine.ensure_releases()
    refuse_unset(means.settings)
    with engine.held():
        engine.settle(state)
        draft = waiting.agree(engine, state)
        if not isinstance(draft, Unfinished):
            return None
        waiting.refuse_other(draft, only)
        waiting.refuse_stale(draft, means.settings, state)
        with progress(console, "reading the project"):
            head = means.project.parse(targets.production, lambda: baseline.earlier_parse(state, targets))
        before = stored(state, draft)
        chosen = _chosen(means, head, draft, before)
        watch = engine.watch()
        try:
            done = _built(means, head, draft, before, chosen, tally, console)
        finally:
            engine.discard()
        if done.release is None:
            return replace(done, aftermath=watch.aftermath(writes.python_models(head.manifest)))
        return done


def _planned(head: Parsed, draft: Unfinished) -> frozenset[str]:
    shape = graph.read(head.manifest)
    return shape.answering & free(shape, draft.held)


def _chosen(means: Means, head: Parsed, draft: Unfinished, before: Draft) -> frozenset[str]:
    """What is built again.

    Raises:
        RefusedError: it must not be, or nobody can tell that it is all.
    """
    around = before.prints.surroundings
    why = sameness.difference(before.prints, inputs(means, head, around.key, around.environment))
    chosen = again(graph.read(head.manifest), _planned(head, draft), before.results)
    compiled = before.artifacts[MANIFEST]["nodes"]
    why = why or twice(head.manifest, chosen, before.results, draft.is_full_refresh, compiled)
    if why:
        raise RefusedError(f"{draft.release} is not retried: {why}", waiting.AGAIN)
    return chosen


def _built(
    means: Means,
    head: Parsed,
    draft: Unfinished,
    before: Draft,
    chosen: frozenset[str],
    tally: Tally,
    console: Console,
) -> Deployed:
    circuit = Circuit(means.settings, head.manifest, means.project.root)
    means.project.run_vars = circuit.variables()
    candidate = means.engine.reopen(draft.release, head.manifest)
    outcome = Outcome((), 0.0)
    folder = means.project.root / FOLDER
    shutil.rmtree(folder, ignore_errors=True)
    artifacts = dict(before.artifacts)
    if chosen:
        manifest = cut(head.manifest, chosen, {})
        words = [*(["--full-refresh"] if draft.is_full_refresh else []), *exactly(manifest)]
        with watching(console, "building what failed again", len(chosen)) as follow:
            outcome = candidate.run(manifest, FOLDER, words, follow)
        second = {name: json.loads((folder / name).read_bytes()) for name in (MANIFEST, RUN)}
        artifacts[MANIFEST] = merging.manifests(artifacts[MANIFEST], second[MANIFEST])
        artifacts[RUN] = merging.runs(artifacts[RUN], second[RUN])
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in artifacts.items():
        (folder / name).write_text(json.dumps(content), encoding="utf-8")
    merging.recompiled(head.manifest, artifacts[MANIFEST])
    results = merging.results(before.results, outcome.results)
    judged = circuit.judge(outcome, means.state.live_since)
    new = circuit.renewed() - set(draft.held)
    shape, whole = graph.read(head.manifest), Outcome(results, outcome.seconds)
    rows = {**{uid: number for uid, number in before.rows.items() if uid not in chosen}, **tally.rows}
    contents = Contents.of(whole, circuit.holds, rows)
    told = partial(
        Deployed,
        outcome,
        account=Account(_planned(head, draft), results),
        incidents=judged.incidents,
        holds=circuit.holds,
        empty=tuple(sorted(shape.empty)),
        contents=contents,
    )
    failed = told(None, draft.live, hindered=f"{min(new).split('.', 2)[-1]} is paused by now" if new else "")
    if failed.hindered or not failed.account.complete or not failed.account.built:
        attempt = Attempt(
            head,
            candidate,
            results,
            _planned(head, draft),
            draft.held,
            draft.live,
            draft.paused,
            draft.is_full_refresh,
            draft.until,
            rows,
        )
        return unfinished(means, failed, attempt)
    kept = Held.of(frozenset(draft.held), means.state, head)
    with progress(console, "leaving the release to be published"):
        release = record(means, head, candidate, whole, kept, draft.live, contents)
        waits = waiting.beginning(means.settings, release, draft.live, circuit.holds, draft.until)
        waiting.leave(candidate, means.state, waits)
    return told(release, release.previous, waiting=waits)
