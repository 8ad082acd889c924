"""Lint: findings in files, only those that are new, from memory where nothing differs that they depend on."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlfluff.core.errors import SQLFluffUserError
from sqlfluff.core.linter import RenderedFile

from dataops.errors import DataopsError, SettingsError
from dataops.lint import fix as fixing
from dataops.lint import passes
from dataops.lint.cache import Cache
from dataops.lint.earlier import doubtful, new
from dataops.lint.findings import Finding, Linted
from dataops.lint.session import Session
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


@dataclass(frozen=True)
class _Compared:
    """A file's findings, of which the base's text `before` may have some: `earlier` gives those of its rules there."""

    rendered: RenderedFile
    findings: Findings
    before: str
    earlier: Pending[Findings]


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
        self._begun: deque[tuple[RenderedFile, Pending[Any]]] = deque()
        self._compared: deque[_Compared] = deque()

    def linted(self) -> Linted:
        files = tuple(sorted(self._wanted.files))
        seen: set[str] = set()
        with Workers(len(files)) as self._workers:
            for rendered in self._session.rendered(files, self._failed.__setitem__):
                seen.add(rendered.fname)
                self._begun.append((rendered, self._begin(rendered)))
                self._go_on(self._workers.ahead)
            self._go_on(0)
        self._cache.close()
        skipped = tuple(
            (file, self._failed.get(file) or _why_skipped(file))
            for file in files
            if file not in seen or file in self._failed
        )
        ordered = tuple(sorted(self._found, key=lambda each: (each.file, each.line, each.column, each.rule)))
        return Linted(files, ordered, skipped, tuple(self._fixed_files), self._known, tuple(self._undone))

    def _begin(self, rendered: RenderedFile) -> Pending[Any]:
        self._workers.next_file()
        if self._wanted.fix:
            return self._workers.submit(passes.rewritten, passes.light(rendered))
        return self._asked(rendered)

    def _go_on(self, most: int) -> None:
        """Have what is done taken up, and wait only where more than so many are begun: nobody stands idle meanwhile."""
        while self._begun and (len(self._begun) > most or self._begun[0][1].done):
            self._compare(*self._begun.popleft())
        while self._compared and (len(self._compared) > most or self._compared[0].earlier.done):
            self._end(self._compared.popleft())

    def _compare(self, rendered: RenderedFile, pending: Pending[Any]) -> None:
        """Begin the base's part, where a file has findings that it may have, too."""
        with self._stumbling(rendered.fname):
            if self._wanted.fix:
                rendered = self._fixed(rendered, pending.result())
                pending = self._asked(rendered)
            findings: Findings = pending.result()
            before = self._wanted.before(rendered.fname) if findings and self._wanted.before else None
            rules = doubtful(findings, rendered.source_str, before) if before is not None else None
            if before is not None and rules:
                earlier = self._session.another(rendered, before)
                if earlier.templated_variants and not earlier.templater_violations:
                    asked = self._asked(earlier, rules)
                    self._compared.append(_Compared(rendered, findings, before, asked))
                    return
            # Where its text cannot be compiled any more, all of them are new.
            self._found += findings

    def _end(self, compared: _Compared) -> None:
        with self._stumbling(compared.rendered.fname):
            text, earlier = compared.rendered.source_str, compared.earlier.result()
            fresh = new(compared.findings, text, earlier, compared.before)
            self._known += len(compared.findings) - len(fresh)
            self._found += fresh

    @contextmanager
    def _stumbling(self, file: str) -> Iterator[None]:
        """What sqlfluff stumbles over costs one file its lint, and is told."""
        try:
            yield
        except (DataopsError, SQLFluffUserError, OSError):
            raise
        except Exception as error:  # noqa: BLE001 - sqlfluff's plugins may raise anything
            self._failed[file] = f"sqlfluff fails on it: {type(error).__name__}: {' '.join(str(error).split())}"

    def _fixed(self, rendered: RenderedFile, rewritten: passes.Rewritten | None) -> RenderedFile:
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

    def _asked(self, rendered: RenderedFile, rules: frozenset[str] | None = None) -> Pending[Findings]:
        """The findings of a text, by all rules or by some: remembered, or looked for by whoever has time."""
        key = self._cache.key(rendered)
        whole = self._cache.recall(key)
        if whole is not None:
            return Pending(tuple, (whole,))
        if rules is None:

            def keep(found: Findings) -> Findings:
                self._cache.keep(key, found)
                return found

            return self._workers.submit(passes.found, passes.light(rendered)).then(keep)
        known = self._cache.recall_by(key)
        missing = rules - known.keys()

        def add(found: Findings) -> Findings:
            every = {**known, **{rule: tuple(each for each in found if each.rule == rule) for rule in missing}}
            if missing:
                self._cache.keep_by(key, every)
            return tuple(each for findings in every.values() for each in findings)

        if not missing:
            return Pending(tuple, ((),)).then(add)
        return self._workers.submit(passes.found, passes.light(rendered), missing).then(add)


def _rewrite(place: Path, content: bytes) -> None:
    """Write a file whole or not at all, with the ends of its lines and its rights as they were."""
    mode, endings = place.stat().st_mode, b"\r\n" in place.read_bytes()
    write_whole(place, content.replace(b"\n", b"\r\n") if endings else content)
    place.chmod(mode)


def _why_skipped(file: str) -> str:
    return "sqlfluff ignores it or cannot compile it" if Path(file).exists() else "it is gone"
