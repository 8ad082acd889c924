"""What `init` says on a terminal: what it found, what it would write, and the project in five lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from rich.console import Console
from rich.text import Text

from dataops.adopt.draft import Draft, difference
from dataops.adopt.portrait import TOP, Portrait
from dataops.adopt.services import SERVICES
from dataops.adopt.survey import Survey
from dataops.lint.findings import Linted
from dataops.output.words import counted, plural

_FOLDERS = 6
_STYLES = {"+": "green", "-": "red", "@": "cyan"}


def found(console: Console, survey: Survey, service: str | None) -> None:
    """What was seen, before anything is written."""
    where = "" if survey.inside == "." else f" in {survey.inside}/"
    adapter = survey.adapter or "an adapter that is not known"
    target = f", production's target `{survey.production}` of {', '.join(survey.targets)}" if survey.targets else ""
    _line(console, f"Found {survey.name}{where}: {adapter}{target}")
    lint = survey.lint.relative_to(survey.top).as_posix() if survey.lint else "none"
    runs = SERVICES[service].title if service else "none"
    _line(console, f"      default branch {survey.branch}; CI {runs}; lint settings {lint}")


def diff(console: Console, drafts: Sequence[Draft], top: Path) -> None:
    """All that would be written, as a diff."""
    for line in difference(drafts, top):
        console.print(Text(line, _STYLES.get(line[:1], "")), soft_wrap=True)


def unwritten(console: Console, drafts: Sequence[Draft], why: str) -> None:
    """That nothing was written."""
    _line(console, f"Nothing was written: {why}." if drafts else "Nothing to write: all of it is there.")


def written(console: Console, drafts: Sequence[Draft], top: Path) -> None:
    """Which files were written."""
    _line(console, f"Wrote {', '.join(each.path.relative_to(top).as_posix() for each in drafts)}")


def notes(console: Console, told: Iterable[tuple[str, tuple[str, ...]]]) -> None:
    """What is left to be done by hand."""
    for sentence, lines in told:
        _line(console, f"note: {sentence}")
        for line in lines:
            _line(console, f"    {line}")


def portrait(console: Console, drawn: Portrait, linted: Linted | str, files: int) -> None:
    """The project in five lines. `linted` is the reason where lint did not run, on so many `files`."""
    models = drawn.models
    layers = ", ".join(_layers(drawn))
    kinds = ", ".join(f"{count:,} {name}" for name, count in drawn.materializations)
    _line(console, f"Models    {models:,}: {layers}; {kinds}; beside them {counted(drawn.others)}")
    units = f" and {plural(drawn.unit_tests, 'unit_test')}" if drawn.unit_tests else ""
    tested = f"{_share(drawn.tested, models)} of the models have one, {_share(drawn.keyed, models)} state a key"
    _line(console, f"Tests     {plural(drawn.tests, 'test')}{units}: {tested}")
    columns = f", {_share(drawn.columns_described, drawn.columns)} of the columns that are listed"
    described = f"{_share(drawn.described, models)} of the models are described"
    _line(console, f"Docs      {described}{columns * bool(drawn.columns)}")
    _line(console, f"Lint      {_lint(linted, files)}")
    slow = ", ".join(f"{name} {seconds:,.1f} s" for name, seconds in drawn.slowest)
    _line(console, f"Slowest   {slow or 'unknown: dbt has left no run_results.json in target/'}")


def unread(console: Console, files: int, message: str, remedy: str) -> None:
    """That dbt could not read the project, and what that leaves to say of it."""
    _line(console, f"{plural(files, 'SQL file')}; no more can be told, because dbt cannot read the project yet:")
    _line(console, f"    {message}")
    _line(console, f"    hint: {remedy}")


def following(console: Console, command: str) -> None:
    """The one command to go on with."""
    _line(console, f"Next, on a branch with a change: {command}")


def _layers(drawn: Portrait) -> Iterator[str]:
    """The folders with most models, and how many are in the others."""
    for name, count in drawn.layers[:_FOLDERS]:
        yield f"{count:,} {'' if name == TOP else 'in '}{name}"
    if others := drawn.layers[_FOLDERS:]:
        yield f"{sum(count for _, count in others):,} in {plural(len(others), 'other folder')}"


def _lint(linted: Linted | str, files: int) -> str:
    if isinstance(linted, str):
        return f"{plural(files, 'SQL file')}, not linted now: {linted}"
    skipped = f", {len(linted.skipped):,} of them skipped" if linted.skipped else ""
    return f"{plural(len(linted.findings), 'finding')} in {plural(len(linted.files), 'file')}{skipped}"


def _share(part: int, whole: int) -> str:
    return f"{part:,} of {whole:,} ({part / whole:.0%})" if whole else "none"


def _line(console: Console, text: str) -> None:
    console.print(text, highlight=False, markup=False, soft_wrap=True)
