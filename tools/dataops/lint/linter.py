"""Lint: findings in files, only those that are new, from memory where nothing differs that they depend on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlfluff.core.errors import SQLFluffUserError
from sqlfluff.core.linter import Linter, RenderedFile
from sqlfluff_templater_dbt.templater import DbtTemplater

from dataops.errors import DataopsError, SettingsError
from dataops.lint import fix as fixing
from dataops.lint.cache import Cache
from dataops.lint.earlier import doubtful, new
from dataops.lint.findings import Finding, Linted
from dataops.lint.session import Session
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.sql.dialects import dialect
from dataops.store.location import write_whole


@dataclass(frozen=True)
class Wanted:
    """What to lint: `files`, relative to the project. `state`: where findings are shared.

    `before`: the text of a file in what the change is compared with, None where it had none; without it, every finding
    counts. `fix`: rewrite the files.
    """

    files: frozenset[str]
    state: str
    before: Callable[[str], str | None] | None = None
    fix: bool = False


def lint(project: Project, target: Target, manifest: Any, wanted: Wanted) -> Linted:
    """Lint files, which `manifest` must hold. The project's own sqlfluff settings count.

    Without any, sqlfluff's defaults are used with the adapter's dialect.

    Raises:
        SettingsError: sqlfluff refuses its settings.
    """
    if not wanted.files:
        return Linted((), ())
    with project.connected(target, manifest) as (_, config):
        try:
            return _Run(Session(project, target, manifest, config), manifest, wanted).linted()
        except SQLFluffUserError as error:
            raise SettingsError(f"sqlfluff: {error}", "mend .sqlfluff; `sqlfluff lint` shows the same error") from error
        finally:
            # The templater remembers adapters for the life of the process, by folder.
            DbtTemplater.adapters.clear()


class _Run:
    def __init__(self, session: Session, manifest: Any, wanted: Wanted) -> None:
        self._session, self._wanted = session, wanted
        self._cache = Cache(session.root, wanted.state)
        self._dialect = dialect(str(manifest.metadata.adapter_type))
        self._names = fixing.relations(manifest)

    def linted(self) -> Linted:
        found: list[Finding] = []
        fixed: list[str] = []
        undone: list[tuple[str, str]] = []
        failed: dict[str, str] = {}
        seen: set[str] = set()
        known = 0
        files = tuple(sorted(self._wanted.files))
        for rendered in self._session.rendered(files):
            seen.add(rendered.fname)
            try:
                current = self._fixed(rendered, fixed, undone) if self._wanted.fix else rendered
                findings = self._findings(current)
                fresh = self._fresh(current, findings)
            except (DataopsError, SQLFluffUserError, OSError):
                raise
            except Exception as error:  # noqa: BLE001 - what sqlfluff stumbles over costs one file its lint, and is told
                failed[rendered.fname] = f"sqlfluff fails on it: {type(error).__name__}: {' '.join(str(error).split())}"
                continue
            known += len(findings) - len(fresh)
            found += fresh
        self._cache.close()
        skipped = tuple(
            (file, failed.get(file) or _why_skipped(file)) for file in files if file not in seen or file in failed
        )
        ordered = tuple(sorted(found, key=lambda each: (each.file, each.line, each.column, each.rule)))
        return Linted(files, ordered, skipped, tuple(fixed), known, tuple(undone))

    def _fixed(self, rendered: RenderedFile, fixed: list[str], undone: list[tuple[str, str]]) -> RenderedFile:
        made = fixing.fixed(self._session, rendered, self._dialect, self._names)
        if made is None:
            return rendered
        if made.refused:
            rules = ", ".join(made.refused)
            undone.append((rendered.fname, f"nothing proves that the fix of {rules} leaves the data as it is"))
        if made.text == rendered.source_str:
            return rendered
        _rewrite(Path(rendered.fname), made.text.encode(rendered.encoding))
        fixed.append(rendered.fname)
        return self._session.another(rendered, made.text)

    def _findings(self, rendered: RenderedFile) -> tuple[Finding, ...]:
        key = self._cache.key(rendered)
        found = self._cache.recall(key)
        if found is None:
            found = _found(self._session.linter, rendered)
            self._cache.keep(key, found)
        return found

    def _fresh(self, rendered: RenderedFile, findings: Sequence[Finding]) -> Sequence[Finding]:
        """Those that the base did not have. Where its text cannot be compiled any more, all of them."""
        before = self._wanted.before(rendered.fname) if findings and self._wanted.before else None
        if before is None or not doubtful(findings, rendered.source_str, before):
            return findings
        earlier = self._session.another(rendered, before)
        if earlier.templater_violations or not earlier.templated_variants:
            return findings
        return new(findings, rendered.source_str, self._findings(earlier), before)


def _found(linter: Linter, rendered: RenderedFile) -> tuple[Finding, ...]:
    linted = Linter.lint_rendered(rendered, linter.get_rulepack(config=rendered.config))
    return tuple(
        Finding(
            file=rendered.fname,
            line=violation.line_no,
            column=violation.line_pos,
            rule=violation.rule_code(),
            message=" ".join(violation.desc().split()),
            warning=bool(violation.warning),
        )
        for violation in linted.get_violations(filter_warning=False)
    )


def _rewrite(place: Path, content: bytes) -> None:
    """Write a file whole or not at all, with the ends of its lines and its rights as they were."""
    mode, endings = place.stat().st_mode, b"\r\n" in place.read_bytes()
    write_whole(place, content.replace(b"\n", b"\r\n") if endings else content)
    place.chmod(mode)


def _why_skipped(file: str) -> str:
    return "sqlfluff ignores it or cannot compile it" if Path(file).exists() else "it is gone"
