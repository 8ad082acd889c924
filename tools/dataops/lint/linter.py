"""sqlfluff with its dbt templater, on the project that is already parsed: nothing is parsed or connected twice."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlfluff.core import FluffConfig, Linter
from sqlfluff.core.config import load_config_up_to_path
from sqlfluff.core.errors import SQLFluffUserError
from sqlfluff_templater_dbt.templater import DbtTemplater

from dataops.errors import SettingsError
from dataops.lint.findings import Finding, Linted
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.sql.dialects import lint_dialect

_HOSTED = "dbt-cloud"
"""The templater of dbt's hosted editor, which no package has."""


def lint(project: Project, target: Target, manifest: Any, files: Iterable[str], fix: bool = False) -> Linted:
    """Lint `files` (relative to the project), which `manifest` must hold. The project's own sqlfluff settings count.

    Without any, sqlfluff's defaults are used with the adapter's dialect.

    Raises:
        SettingsError: sqlfluff refuses its settings.
    """
    wanted = tuple(sorted(set(files)))
    if not wanted:
        return Linted((), ())
    with project.connected(target, manifest) as (_, config):
        try:
            return _lint(project, target, manifest, config, wanted, fix)
        except SQLFluffUserError as error:
            raise SettingsError(f"sqlfluff: {error}", "mend .sqlfluff; `sqlfluff lint` shows the same error") from error
        finally:
            # The templater remembers adapters for the life of the process, by folder.
            DbtTemplater.adapters.clear()


def _lint(project: Project, target: Target, manifest: Any, config: Any, files: tuple[str, ...], fix: bool) -> Linted:
    linter = Linter(config=_settings(project, target, manifest))
    templater = linter.templater
    if isinstance(templater, DbtTemplater):
        # Cached properties of the templater, given instead of computed: parsing and connecting is done already.
        own = _OwnFiles(project.name, manifest)
        templater.__dict__.update(dbt_config=config, dbt_manifest=manifest, dbt_selector_method=own)
        templater.working_dir = str(project.root)
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
            Finding(
                file=linted.path,
                line=violation.line_no,
                column=violation.line_pos,
                rule=violation.rule_code(),
                message=" ".join(violation.desc().split()),
                warning=bool(violation.warning),
            )
            for violation in linted.get_violations(filter_warning=False)
            if not (rewritten and violation.fixable)
        ]
    seen = {file.path for folder in result.paths for file in folder.files}
    skipped += [(file, _why_skipped(file)) for file in files if file not in seen]
    ordered = tuple(sorted(findings, key=lambda each: (each.file, each.line, each.column, each.rule)))
    return Linted(files, ordered, tuple(skipped), tuple(fixed))


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
