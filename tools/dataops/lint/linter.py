"""Lint: findings in files, only those that are new, from memory where nothing differs that they depend on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlfluff.core.errors import SQLFluffUserError
from sqlfluff.core.linter import Linter, RenderedFile

from dataops.errors import DataopsError, SettingsError
from dataops.lint import fix as fixing
from dataops.lint.cache import Cache
from dataops.lint.earlier import doubtful, new
from dataops.lint.findings import Finding, Linted
from dataops.lint.session import Session, rulepack
from dataops.lint.workers import Pending, Workers
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.sql.dialects import dialect
from dataops.store.location import write_whole

Findings = tuple[Finding, ...]


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


class _Run:
    def __init__(self, session: Session, manifest: Any, wanted: Wanted) -> None:
        self._session, self._wanted = session, wanted
        self._cache = Cache(session.root, wanted.state)
        self._dialect = dialect(str(manifest.metadata.adapter_type))
        self._names = fixing.relations(manifest)
        self._found: list[Finding] = []
        self._fixed_files: list[str] = []
        self._undone: list[tuple[str, str]] = []
        self._failed: dict[str, str] = {}
        self._known = 0

    def linted(self) -> Linted:
        files = tuple(sorted(self._wanted.files))
        seen: set[str] = set()
        begun: deque[tuple[RenderedFile, Pending[Any]]] = deque()
        with Workers(len(files)) as self._workers:
            for rendered in self._session.rendered(files, self._failed.__setitem__):
                seen.add(rendered.fname)
                begun.append((rendered, self._begun(rendered)))
                if len(begun) > self._workers.ahead:
                    self._end(*begun.popleft())
            while begun:
                self._end(*begun.popleft())
        self._cache.close()
        skipped = tuple(
            (file, self._failed.get(file) or _why_skipped(file))
            for file in files
            if file not in seen or file in self._failed
        )
        ordered = tuple(sorted(self._found, key=lambda each: (each.file, each.line, each.column, each.rule)))
        return Linted(files, ordered, skipped, tuple(self._fixed_files), self._known, tuple(self._undone))

    def _begun(self, rendered: RenderedFile) -> Pending[Any]:
        self._workers.next_file()
        return self._workers.submit(fixing.rewritten, rendered) if self._wanted.fix else self._asked(rendered)

    def _end(self, rendered: RenderedFile, pending: Pending[Any]) -> None:
        try:
            if self._wanted.fix:
                rendered = self._fixed(rendered, pending.result())
                pending = self._asked(rendered)
            findings: Findings = pending.result()
            fresh = self._fresh(rendered, findings)
        except (DataopsError, SQLFluffUserError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - what sqlfluff stumbles over costs one file its lint, and is told
            why = f"sqlfluff fails on it: {type(error).__name__}: {' '.join(str(error).split())}"
            self._failed[rendered.fname] = why
            return
        self._known += len(findings) - len(fresh)
        self._found += fresh

    def _fixed(self, rendered: RenderedFile, rewritten: fixing.Rewritten | None) -> RenderedFile:
        made = fixing.fixed(self._session, rendered, rewritten, self._dialect, self._names)
        if made is None:
            return rendered
        if made.refused:
            rules = ", ".join(made.refused)
            self._undone.append((rendered.fname, f"nothing proves that the fix of {rules} leaves the data as it is"))
        if made.text == rendered.source_str:
            return rendered
        _rewrite(Path(rendered.fname), made.text.encode(rendered.encoding))
        self._fixed_files.append(rendered.fname)
        return self._session.another(rendered, made.text)

    def _asked(self, rendered: RenderedFile) -> Pending[Findings]:
        """The findings of a text: remembered, or looked for by whoever has time."""
        key = self._cache.key(rendered)
        found = self._cache.recall(key)
        if found is not None:
            return Pending(tuple, (found,))
        return self._workers.submit(_found, rendered).then(lambda found: self._cache.keep(key, found))

    def _fresh(self, rendered: RenderedFile, findings: Findings) -> Findings:
        """Those that the base did not have. Where its text cannot be compiled any more, all of them."""
        before = self._wanted.before(rendered.fname) if findings and self._wanted.before else None
        if before is None or not doubtful(findings, rendered.source_str, before):
            return findings
        earlier = self._session.another(rendered, before)
        if earlier.templater_violations or not earlier.templated_variants:
            return findings
        return new(findings, rendered.source_str, self._asked(earlier).result(), before)


def _found(rendered: RenderedFile) -> Findings:
    linted = Linter.lint_rendered(rendered, rulepack(rendered.config))
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
