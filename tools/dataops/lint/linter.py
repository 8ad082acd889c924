"""sqlfluff with its dbt templater, on the project that is already parsed: nothing is parsed or connected twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from pathlib import Path
from typing import Any

from sqlfluff.core import FluffConfig, Linter
from sqlfluff.core.config import load_config_up_to_path
from sqlfluff.core.errors import SQLFluffSkipFile, SQLFluffUserError
from sqlfluff_templater_dbt.templater import DbtTemplater

from dataops.errors import SettingsError
from dataops.lint.earlier import divided, with_text
from dataops.lint.findings import Finding, Linted
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.sql.dialects import lint_dialect

_HOSTED = "dbt-cloud"
"""The templater of dbt's hosted editor, which no package has."""


Earlier = Callable[[str], str | None]
"""What a file was in the base; None where that is not known."""


def lint(
    project: Project,
    target: Target,
    manifest: Any,
    files: Iterable[str],
    fix: bool = False,
    earlier: Earlier | None = None,
) -> Linted:
    """Lint `files` (relative to the project), which `manifest` must hold. The project's own sqlfluff settings count.

    Without any, sqlfluff's defaults are used with the adapter's dialect. With `earlier`, what a file's base had is no
    finding, but `known`.

    Raises:
        SettingsError: sqlfluff refuses its settings.
    """
    wanted = tuple(sorted(set(files)))
    if not wanted:
        return Linted((), ())
    with project.connected(target, manifest) as (_, config):
        try:
            linter = _linter(project, target, manifest, config)
            linted = _lint(linter, wanted, fix)
            return linted if earlier is None else _new(linter, _OwnFiles(project.name, manifest), linted, earlier)
        except SQLFluffUserError as error:
            raise SettingsError(f"sqlfluff: {error}", "mend .sqlfluff; `sqlfluff lint` shows the same error") from error
        finally:
            # The templater remembers adapters for the life of the process, by folder.
            DbtTemplater.adapters.clear()


def _linter(project: Project, target: Target, manifest: Any, config: Any) -> Linter:
    linter = Linter(config=_settings(project, target, manifest))
    templater = linter.templater
    if isinstance(templater, DbtTemplater):
        # Cached properties of the templater, given instead of computed: parsing and connecting is done already.
        own = _OwnFiles(project.name, manifest)
        templater.__dict__.update(dbt_config=config, dbt_manifest=manifest, dbt_selector_method=own)
        templater.working_dir = str(project.root)
    return linter


def _lint(linter: Linter, files: tuple[str, ...], fix: bool) -> Linted:
    findings: list[Finding] = []
    skipped: list[tuple[str, str]] = []
    fixed: list[str] = []
    result = linter.lint_paths(tuple(file for file in files if Path(file).exists()), fix=fix)
    if fix:
        # As sqlfluff itself does: a file that it cannot read whole is not rewritten.
        for folder in result.paths:
            folder.discard_fixes_for_lint_errors_in_files_with_tmp_or_prs_errors()
    for linted in (file for folder in result.paths for file in folder.files):
        rewritten = fix and linted.persist_tree(suffix="")
        if rewritten:
            fixed.append(linted.path)
        findings += [
            _finding(linted.path, violation)
            for violation in linted.get_violations(filter_warning=False)
            if not (rewritten and violation.fixable)
        ]
    seen = {file.path for folder in result.paths for file in folder.files}
    skipped += [(file, _why_skipped(file)) for file in files if file not in seen]
    ordered = tuple(sorted(findings, key=lambda each: (each.file, each.line, each.column, each.rule)))
    return Linted(files, ordered, tuple(skipped), tuple(fixed))


def _finding(file: str, violation: Any) -> Finding:
    return Finding(
        file=file,
        line=violation.line_no,
        column=violation.line_pos,
        rule=violation.rule_code(),
        message=" ".join(violation.desc().split()),
        warning=bool(violation.warning),
    )


def _new(linter: Linter, own: _OwnFiles, linted: Linted, earlier: Earlier) -> Linted:
    """Without what the base's text of the same file has against it, which is only asked of files with findings."""
    new: list[Finding] = []
    known: list[Finding] = []
    for file, found in groupby(linted.findings, lambda each: each.file):
        then = earlier(file)
        before = _of_text(linter, own, file, then) if then is not None else []
        now = Path(file).read_text(encoding="utf-8", errors="replace")
        parts = divided(now, list(found), then or "", before)
        new += parts[0]
        known += parts[1]
    return replace(linted, findings=tuple(new), known=tuple(known))


def _of_text(linter: Linter, own: _OwnFiles, file: str, text: str) -> list[Finding]:
    """What lint has against a text as if it were a file's; nothing where it cannot be compiled now."""
    config = linter.config.make_child_from_path(file, require_dialect=False)
    with with_text(own.manifest, list(own.search(own.manifest.nodes, file)), text):
        try:
            checked = linter.lint_string(text, fname=file, config=config)
        except SQLFluffSkipFile:
            return []
    return [_finding(file, violation) for violation in checked.get_violations(filter_warning=False)]


@dataclass(frozen=True)
class _OwnFiles:
    """Which node a file is of: where a package has a file of the same name, its node is not the project's."""

    package: str
    manifest: Any

    def search(self, included_nodes: Mapping[str, Any], selector: str) -> Iterator[str]:
        """The project's nodes that are written in a file, relative to the project."""
        for unique_id in included_nodes:
            node = self.manifest.nodes[unique_id]
            if node.package_name == self.package and Path(node.original_file_path) == Path(selector):
                yield unique_id


def _why_skipped(file: str) -> str:
    return "sqlfluff ignores it or cannot compile it" if Path(file).exists() else "it is gone"


def _settings(project: Project, target: Target, manifest: Any) -> FluffConfig:
    try:
        return FluffConfig.from_path(str(project.root), overrides=_overrides(project, target, manifest))
    except KeyError as error:
        # What sqlfluff makes of a dialect or a templater that it does not have.
        raise SQLFluffUserError(f"{error.args[0]} in the settings of {project.root}") from error


def _overrides(project: Project, target: Target, manifest: Any) -> dict[str, Any]:
    """Fill in dialect and templater where the project says nothing of them, or names one that is dbt's elsewhere."""
    written: Any = load_config_up_to_path(str(project.root)).get("core", {})
    overrides: dict[str, Any] = {}
    if not written.get("dialect"):
        overrides["dialect"] = lint_dialect(str(manifest.metadata.adapter_type))
    if written.get("templater") == _HOSTED:
        # What it would ask dbt's service for is at hand here.
        overrides["templater"] = "dbt"
    elif not (project.root / ".sqlfluff").exists() and not _configured(project.root):
        overrides["templater"] = "dbt"
    return overrides


def _configured(root: Path) -> bool:
    return any(
        (root / name).is_file() and "sqlfluff" in (root / name).read_text(encoding="utf-8")
        for name in ("setup.cfg", "tox.ini", "pep8.ini", "pyproject.toml")
    )
