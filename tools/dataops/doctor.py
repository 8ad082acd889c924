"""`doctor`: checks the set-up and says how to mend each finding."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from dataops.config import FILE, Settings
from dataops.engines.engine import Engine
from dataops.engines.registry import engine_of, resolve
from dataops.environment import git
from dataops.errors import DataopsError
from dataops.lint.findings import Check
from dataops.project import flags, parsers, versions
from dataops.project.baseline import earlier_parse
from dataops.project.production import unset
from dataops.project.session import Project
from dataops.project.targets import Targets
from dataops.rehearsal import trial
from dataops.store.state import State
from dataops.warehouse import connect

_PACKAGES = ("dbt-core", "dbt-duckdb", "duckdb", "sqlfluff", "elementary-data")


def examine(project: Project, settings: Settings, named: str | None) -> Iterator[Check]:
    """Look at everything that the other commands need, in the order in which they need it."""
    yield from _versions()
    yield from _beside()
    yield Check("project", "ok", f"{project.name} in {project.root}")
    yield Check("profile", "ok", f"{project.profile.name} in {project.profiles_dir}")
    there = (project.root / FILE).exists()
    yield Check("settings", "ok" if there else "note", FILE if there else f"no {FILE}: the defaults hold")
    try:
        targets = resolve(project, settings, named)
    except DataopsError as error:
        yield Check("targets", "broken", error.message, error.remedy)
        return
    yield Check("targets", "ok", f"production `{targets.production.name}`, pull requests `{targets.parsing.name}`")
    if (adapter := f"dbt-{targets.adapter}") not in _PACKAGES:
        yield _version(adapter)
    if settings.production.requires:
        yield _required(settings)
    if found := ", ".join(flags.set_outside(flags.OWN, project.flags)):
        yield Check("dbt's flags", "note", f"set aside: {found}", "they count for `build` in your own target alone")
    yield from _parse_and_connect(project, settings, targets)
    yield from _attempt("rehearsal", lambda: _rehearsal(settings, targets, engine_of(project, targets)))
    yield from _attempt("state", lambda: _state(settings))
    commit = git.revision(project.root)
    if commit is None:
        told = git.refusal(project.root)
        yield Check(
            "git", "note", told.message if told else "nothing is committed yet", "`--base REV` needs a checkout"
        )
    else:
        yield Check("git", "ok", commit)


def _versions() -> Iterator[Check]:
    yield from map(_version, _PACKAGES)
    pair = {version("sqlfluff"), version("sqlfluff-templater-dbt")}
    if len(pair) > 1:
        yield Check(
            "sqlfluff-templater-dbt",
            "broken",
            "its version differs from sqlfluff's",
            f"pip install sqlfluff-templater-dbt=={version('sqlfluff')}",
        )


def _version(package: str) -> Check:
    try:
        return Check(package, "ok", version(package))
    except PackageNotFoundError:
        return Check(package, "broken", "not installed", f"pip install {package}")


def _beside() -> Iterator[Check]:
    """The dbt 2 that a team runs, where this tool is its gate."""
    found = versions.dbt2()
    if found is not None:
        yield Check(
            "dbt 2",
            "note",
            f"{found.version} in {found.path}: `record`, `plan --state` and `ci --state` read what it writes",
            f"`build`, `ci`, `deploy` run dbt {version('dbt-core')}, which has to read the project too: docs/dbt-2.md",
        )


def _parse_and_connect(project: Project, settings: Settings, targets: Targets) -> Iterator[Check]:
    try:
        parsed = project.parse(targets.production, lambda: earlier_parse(State(settings.state), targets))
    except DataopsError as error:
        yield Check("parse", "broken", error.message, error.remedy)
        return
    how = "in full" if parsed.full else "from the last parse"
    yield Check("parse", "ok", f"{len(parsed.manifest.nodes):,} nodes in {parsed.seconds:.1f} s, {how}")
    yield _parser(project, targets, parsed.manifest)
    engine = engine_of(project, targets)
    yield Check("releases", "ok", engine.capabilities.sentence)
    for refusal in engine.refusals(parsed.manifest):
        yield Check("release", "broken", refusal.message, refusal.remedy)
    for note in engine.notes(parsed.manifest):
        yield Check(note.subject, "ok", note.text)
    if not engine.exists():
        yield Check(
            "production", "note", f"{engine.production} does not exist yet", "`dataops deploy` makes the first release"
        )
        return

    def look() -> Check:
        # To look must not make or change what it looks at.
        with connect(project, engine.reading(), parsed.manifest) as warehouse:
            warehouse.answer()
        return Check("production", "ok", f"{targets.adapter} answers")

    yield from _attempt("production", look)


def _parser(project: Project, targets: Targets, manifest: Any) -> Check:
    """Who reads the project, and why it is not the v2 parser."""
    here = parsers.installed()
    if project.parser == parsers.V2:
        held = parsers.trial(project, targets.production, manifest)
        return Check(
            "parser",
            "ok" if held.is_equal else "note",
            f"dbt's own; {held.told()}",
            "" if held.is_equal else "`parser: dbt` no longer asks it; docs/dbt-2.md says what it reads otherwise",
        )
    why = f"the v2 parser {here} is not shown to read the same (docs/dbt-2.md)" if here else "no v2 parser is installed"
    return Check("parser", "ok", "dbt's own" if project.parser == parsers.OWN else f"dbt's own: {why}")


def _required(settings: Settings) -> Check:
    missing = unset(settings)
    if missing:
        return Check(
            "secrets",
            "broken",
            f"production requires {', '.join(missing)}: not set here, so `deploy` refuses",
            "set it as a secret of the job that releases; other targets need none",
        )
    return Check("secrets", "ok", f"set: {', '.join(settings.production.requires)}")


def _rehearsal(settings: Settings, targets: Targets, engine: Engine) -> Check:
    """What was proved of releases on this very warehouse."""
    if engine.capabilities.atomic == "no releases":
        return Check("rehearsal", "ok", "no releases, so nothing to rehearse")
    found = trial.last(State(settings.state), targets.adapter)
    if found is None:
        proves = "`dataops engine rehearse` proves docs/engines.md on yours"
        if engine.capabilities.trial == trial.UNTRIED:
            return Check("rehearsal", "note", f"{engine.capabilities.engine}: not yet tried on a real server", proves)
        return Check("rehearsal", "ok", f"not rehearsed on yours; {proves}")
    versions = f"dataops {found.version} and dbt-{found.adapter} {found.adapter_version}"
    told = f"rehearsed on {found.at[:10]} with {versions}: {found.sentence}"
    if found.broken:
        return Check("rehearsal", "broken", told, "`dataops engine rehearse` says what was seen")
    return Check("rehearsal", "ok", told)


def _state(settings: Settings) -> Check:
    bundle = State(settings.state).bundle()
    if bundle is None:
        return Check(
            "state",
            "note",
            f"nothing released to {settings.state}",
            "`plan` and `ci` need --base until `dataops deploy`",
        )
    return Check("state", "ok", f"release {bundle.release} in {settings.state}")


def _attempt(name: str, look: Callable[[], Check]) -> Iterator[Check]:
    try:
        yield look()
    except DataopsError as error:
        yield Check(name, "broken", error.message, error.remedy)
