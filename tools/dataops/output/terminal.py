"""Results for a person at a terminal. Plain text when piped; colour only where the console has it."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from dataops.lint.findings import Check, Linted
from dataops.output import cards, contracts, conventions, paused, terminal_data
from dataops.output.words import (
    against,
    broken,
    built_nodes,
    counted,
    findings,
    left_alone,
    linted_files,
    plural,
    reason,
    unread,
)
from dataops.plan.plan import Plan, Story, called, short
from dataops.project import statuses
from dataops.project.outcome import BY_THE_WAY, Account, NodeResult, Outcome
from dataops.release.card import Card
from dataops.release.facts import Deployed
from dataops.review.verdict import Review
from dataops.store.record import Release, Unfinished, Waiting

_SIGNS = {"added": "[green]+[/]", "modified": "[yellow]~[/]", "removed": "[red]-[/]"}
_ROWS = 30


def plan(console: Console, plan: Plan) -> None:
    """What changed and why, what runs and why, what is left alone."""
    console.print(f"Compared with {escape(against(plan))}.", highlight=False)
    if plan.unread:
        console.print(f"[yellow]{escape(unread(plan))}[/]", highlight=False, soft_wrap=True)
    if plan.full_parse:
        console.print(f"[dim]dbt read every file anew: {escape(plan.full_parse)}[/]")
    if plan.toolchain:
        console.print(f"[yellow]Toolchain changed:[/] {escape(', '.join(plan.toolchain))}", highlight=False)
    _changes(console, plan)
    _decisions(console, plan)


def _changes(console: Console, plan: Plan) -> None:
    if not plan.changes:
        console.print("[green]Nothing changed.[/]" if plan.parsed else "[green]Nothing of the project changed.[/]")
    names = called(change.unique_id for change in plan.changes)
    width = max((len(names[change.unique_id]) for change in plan.changes[:_ROWS]), default=0)
    for change in plan.changes[:_ROWS]:
        name = escape(names[change.unique_id].ljust(width))
        sign = "[dim]·[/]" if change.cosmetic else _SIGNS[change.kind]
        file = f"[dim]{escape(change.file)}[/]"
        console.print(f"  {sign} {name}  {escape(reason(change))}  {file}", highlight=False, soft_wrap=True)
    _more(console, len(plan.changes))
    for change in plan.removed:
        if change.relation:
            console.print(f"  [yellow]no longer built, stays in production:[/] {escape(change.relation)}")
    for verb, readers in (("[bold red]Breaks", plan.broken), ("[yellow]May break", plan.doubtful)):
        if readers:
            console.print(f"\n{verb} {plural(len(readers), 'reader')}[/]", highlight=False)
            for each in readers[:_ROWS]:
                console.print(f"    {escape(broken(each))}", highlight=False, soft_wrap=True)
            _more(console, len(readers))


def _decisions(console: Console, plan: Plan) -> None:
    nodes = built_nodes(plan.run)
    names = called(each.unique_id for each in nodes)
    width = max((len(names[each.unique_id]) for each in nodes[:_ROWS]), default=0)
    console.print(f"\n[bold]Runs {counted(d.unique_id for d in plan.run)}[/]", highlight=False)
    for node in nodes[:_ROWS]:
        console.print(f"    {escape(names[node.unique_id].ljust(width))}  [dim]{escape(node.why)}[/]", highlight=False)
    _more(console, len(nodes))
    if plan.alone:
        console.print("[yellow]There is no production data here yet: unchanged parents run too.[/]")
    if plan.skipped:
        console.print(f"[bold]Leaves {counted(d.unique_id for d in plan.skipped)}[/] alone", highlight=False)
        groups = left_alone(plan)
        for who, why in groups[:_ROWS] if len(groups) > 1 else ():
            console.print(f"    {escape(who)}: [dim]{escape(why)}[/]", highlight=False, soft_wrap=True)
        _more(console, len(groups))
    if plan.exposures:
        console.print(f"[bold]Reaches exposures[/] {escape(', '.join(plan.exposures))}", highlight=False)


def story(console: Console, story: Story) -> None:
    """One node's whole story, the decision first."""
    decision = "[bold]runs[/]" if story.runs else "[bold]is left alone[/]"
    console.print(f"{escape(short(story.unique_id))} {decision}: {escape(story.why)}", highlight=False)
    console.print(f"  [dim]{escape(story.unique_id)}  {escape(story.file)}[/]", highlight=False)
    for each in story.differs or ("nothing",):
        console.print(f"  differs: {escape(each)}", highlight=False)
    if story.meaning:
        console.print(f"  its output: {escape(story.meaning)}", highlight=False)
    for name, meaning in story.above:
        console.print(f"  above it, {escape(name)}: {escape(meaning)}", highlight=False)
    for kind, names in story.reads:
        shown = ", ".join(names[:_ROWS]) + (f" and {len(names) - _ROWS} more" if len(names) > _ROWS else "")
        console.print(f"  reads {kind}: {escape(shown)}", highlight=False, soft_wrap=True)


def review(console: Console, review: Review) -> None:
    """The review, verdict last, where a person's eye is when the command ends."""
    plan(console, review.plan)
    console.print()
    linted(console, review.linted)
    conventions.checked(console, review.checked)
    contracts.kept(console, review.promised)
    if review.built:
        outcome(console, review.built.outcome)
        gaps(console, review.account)
    terminal_data.findings(console, review)
    paused.in_production(console, review.paused)
    console.print()
    console.print(
        "[dim]" + " · ".join(f"{name} {seconds:.1f} s" for name, seconds in review.timings) + "[/]", highlight=False
    )
    style = "bold green" if review.exit_code == 0 else "bold red"
    console.print(f"[{style}]{escape(review.verdict)}[/]", highlight=False)


def linted(console: Console, linted: Linted) -> None:
    """Lint's findings as `file:line:column rule message`, which editors open."""
    for file, why in linted.skipped:
        console.print(f"[yellow]not linted[/] {escape(file)}: {escape(why)}", highlight=False)
    for finding in linted.findings[: 3 * _ROWS]:
        where = f"{finding.file}:{finding.line}:{finding.column}"
        style = "yellow" if finding.warning else "red"
        console.print(
            f"{escape(where)} [{style}]{finding.rule}[/] {escape(finding.message)}", highlight=False, soft_wrap=True
        )
    _more(console, len(linted.findings), 3 * _ROWS)
    for file in linted.fixed:
        console.print(f"fixed {escape(file)}", highlight=False)
    for file, why in linted.undone:
        console.print(f"[yellow]not fixed[/] {escape(file)}: {escape(why)}", highlight=False, soft_wrap=True)
    if linted.files:
        console.print(f"Linted {linted_files(linted)}: {findings(linted)}", highlight=False)
    else:
        console.print("Linted nothing: no SQL file changed")


def outcome(console: Console, outcome: Outcome) -> None:
    """What failed and warned, with where to look, and the totals."""
    for each in (*outcome.failed, *outcome.warned):
        style = "red" if each.failed else "yellow"
        first, *rest = each.message.splitlines() or [""]
        where = f"{escape(short(each.unique_id))} [dim]{escape(each.file)}[/]"
        console.print(f"[{style}]{each.status.upper()}[/] {where} {escape(first)}", highlight=False, soft_wrap=True)
        for line in rest[:_ROWS]:
            console.print(f"    {escape(line)}", highlight=False, soft_wrap=True)
        _more(console, len(rest))
    console.print(f"Built and tested {totals(outcome.results)} in {outcome.seconds:.1f} s", highlight=False)


def gaps(console: Console, account: Account) -> None:
    """The nodes of which plan and results do not agree."""
    for unique_id, why in account.gaps[:_ROWS]:
        console.print(f"[red]NOT AS PLANNED[/] {escape(short(unique_id))} {why}", highlight=False, soft_wrap=True)
    _more(console, len(account.gaps))


def unplanned(console: Console, account: Account, flags: Iterable[str], selector: str) -> None:
    """What took part in a build besides the command's own options, and what did not go as it was chosen."""
    gaps(console, account)
    if selector:
        chose = f"Only what the default selector `{escape(selector)}` of selectors.yml chooses"
        console.print(f"[yellow]{chose}[/]", highlight=False)
    if named := ", ".join(flags):
        console.print(f"[yellow]dbt's own flags took part:[/] {escape(named)}", highlight=False)


def deployed(console: Console, done: Deployed) -> None:
    """What became of production, and why not more."""
    gaps(console, done.account)
    if done.empty:
        files = ", ".join(short(each) for each in done.empty[:_ROWS])
        console.print(f"[yellow]dbt does nothing for empty files:[/] {escape(files)}", highlight=False, soft_wrap=True)
    if done.release is None:
        live = f"release {done.superseded} is still live" if done.superseded else "nothing was released"
        why = ", ".join(done.account.problems) or done.hindered or "there was nothing to build"
        console.print(f"{why[0].upper()}{why[1:]}", highlight=False)
        console.print(f"[bold red]Not released:[/] {escape(done.aftermath.sentence)}, {escape(live)}", highlight=False)
        unfinished(console, done.unfinished)
        if done.unkept:
            text = f"Nothing is kept of it that could be retried: {done.unkept}"
            console.print(escape(text), highlight=False, soft_wrap=True)
        return
    without = ", without what is held" if done.holds else ""
    if done.waiting is not None:
        live = f"release {done.waiting.live} is still live" if done.waiting.live else "nothing is live yet"
        until = paused.minute(done.waiting.until)
        console.print(f"[bold green]Waits to be published: {done.release.id}[/]{without}; {live}", highlight=False)
        console.print(f"`dataops publish` releases it until {until}, `dataops discard` drops it", highlight=False)
        return
    console.print(f"[bold green]Released {done.release.id}[/]{without}", highlight=False)
    _replaced(console, done.superseded)


def unfinished(console: Console, found: Unfinished | None) -> None:
    """What is kept of a release of which something failed, and how to go on."""
    if found is not None:
        console.print(f"[yellow]Kept unfinished:[/] {escape(paused.kept(found))}", highlight=False, soft_wrap=True)


def published(console: Console, release: str, superseded: str | None) -> None:
    """What is live now, and the way back."""
    console.print(f"[bold green]Released {release}[/]", highlight=False)
    _replaced(console, superseded)


def _replaced(console: Console, superseded: str | None) -> None:
    if superseded:
        console.print(f"It replaced {superseded}; `dataops rollback` makes that live again", highlight=False)


def exported(console: Console, card: Card, place: str) -> None:
    """What was handed on, and what its receiver will read first."""
    size = f"{card.rows:,} rows, {len(card.columns):,} columns, {card.bytes / 1e6:,.1f} MB"
    console.print(f"[bold green]Exported[/] {escape(card.name)} to {escape(place)}: {size}", highlight=False)
    console.print(
        f"  {cards.tested(card)} in release {card.release}; content {card.content_hash[:16]}", highlight=False
    )
    style = "yellow" if card.privacy.exposed else "dim"
    console.print(f"  [{style}]{escape(cards.privacy(card))}[/]", highlight=False, soft_wrap=True)


def checks(console: Console, checks: Iterable[Check]) -> None:
    """One line per check, and what to do about those that are not well."""
    signs = {"ok": "[green]ok    [/]", "note": "[yellow]note  [/]", "broken": "[bold red]broken[/]"}
    for check in checks:
        console.print(
            f"{signs[check.status]} {check.name:<15} {escape(check.finding)}", highlight=False, soft_wrap=True
        )
        if check.remedy:
            console.print(f"{'':22} [dim]→ {escape(check.remedy)}[/]", highlight=False, soft_wrap=True)


def totals(results: Iterable[NodeResult]) -> str:
    """`5 models, 20 tests: 23 passed, 1 warned, 1 failed, 0 skipped`."""
    every = [each for each in results if each.kind not in BY_THE_WAY]
    groups = {
        "passed": statuses.PASSED,
        "warned": statuses.WARNED,
        "skipped": statuses.SKIPPED,
        "with nothing to do": statuses.IDLE,
    }
    numbers = {word: sum(each.status in group for each in every) for word, group in groups.items()}
    numbers = {"passed": 0, "warned": 0, "failed": sum(each.failed for each in every), **numbers}
    words = [f"{number:,} {word}" for word, number in numbers.items() if number or word == "passed"]
    return f"{counted(each.unique_id for each in every)}: {', '.join(words)}"


def releases(
    console: Console,
    releases: Iterable[Release],
    current: str | None,
    kept: set[str],
    lived: set[str],
    waiting: Waiting | None,
) -> None:
    """All releases, newest last; which is live, which waits to be published, and which can be rolled back to."""
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2))
    for head in ("release", "made", "revision", "by", "nodes", "tests", ""):
        table.add_column(head, justify="right" if head in ("nodes", "tests") else "left", no_wrap=True)
    for each in releases:
        note = "[green]live[/]" if each.id == current else ("kept" if each.id in kept else "[dim]no longer kept[/]")
        if each.action == "deploy" and each.id not in lived | kept | {current}:
            note = "[dim]was never live[/]"
        if waiting is not None and each.id == waiting.release:
            note = f"[yellow]waits to be published, until {paused.minute(waiting.until)}[/]"
        nodes = f"{each.nodes:,}" if each.action == "deploy" else "–"
        tests = f"{each.tests:,}" if each.action == "deploy" else "–"
        revision = (each.revision or "–")[:10] + ("-dirty" if (each.revision or "").endswith("-dirty") else "")
        table.add_row(each.id, f"{each.created_at[:19]}Z", revision, Text(each.by), nodes, tests, note)
    console.print(table)


def _more(console: Console, total: int, shown: int = _ROWS) -> None:
    if total > shown:
        console.print(f"    [dim]… and {total - shown:,} more (--format json has all)[/]", highlight=False)
