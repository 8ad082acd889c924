"""Dbt's parser on the files that differ from an earlier parse, without its walk over all the others.

Dbt reads every file of a project to learn which differ. Where that is known already, from git, only those are read, by
dbt's own functions; of all others it gets what the earlier parse says of them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import dbt.parser.manifest as loading
from dbt.contracts.files import FilePath, ParseFileType, SchemaSourceFile
from dbt.parser import read_files

from dataops.errors import ProjectError

KINDS = ("model", "analysis", "singular_test", "snapshot", "seed", "docs", "schema")
"""Kinds of files of which it is known what a change of them reaches."""

_READER = "ReadFilesFromFileSystem"


@dataclass(frozen=True)
class Files:
    """Files of the root project, relative to it. `gone` are no longer there; `others`, changed or new, are read."""

    others: Collection[str]
    gone: Collection[str] = ()


@contextmanager
def only(differing: Files) -> Iterator[None]:
    """Let dbt read these files alone while it parses.

    Raises:
        ProjectError: this dbt reads its files in another way.
    """
    usual = getattr(loading, _READER, None)
    if usual is None:
        raise ProjectError("this dbt reads files in a way that is not known", "parse the whole project")

    def reader(
        all_projects: Mapping[str, Any],
        files: MutableMapping[str, Any],
        saved_files: MutableMapping[str, Any],
        **_: Any,
    ) -> _Reader:
        return _Reader(all_projects, files, saved_files, differing)

    setattr(loading, _READER, reader)
    try:
        yield
    finally:
        setattr(loading, _READER, usual)


@dataclass
class _Reader:
    """Takes the place of dbt's reader of files: the same attributes, filled the same way."""

    all_projects: Mapping[str, Any]
    files: MutableMapping[str, Any]
    saved_files: MutableMapping[str, Any]
    differing: Files
    project_parser_files: dict[str, Any] = field(default_factory=dict)

    def read_files(self) -> None:
        root = next(iter(self.all_projects.values()))
        known = {}
        for file_id, saved in self.saved_files.items():
            path = saved.path.original_file_path
            own = saved.project_name == root.project_name
            if own and path in self.differing.gone:
                continue
            known[path if own else ""] = file_id
            changed = own and path in self.differing.others
            self.files[file_id] = self._read(saved) if changed else self._kept(saved)
        for path in sorted(set(self.differing.others) - known.keys()):
            found = _new(root, path)
            if found is not None:
                made = self._load(*found, root.project_name)
                self.files[made.file_id] = made

    def _read(self, saved: Any) -> Any:
        return self._load(self._place(saved), saved.parse_file_type, saved.project_name)

    def _load(self, path: FilePath, kind: Any, project: str) -> Any:
        if str(kind) not in KINDS:
            raise ProjectError(f"a file of the kind {kind} differs", "parse the whole project")
        if kind == ParseFileType.Seed:
            return read_files.load_seed_source_file(path, project)
        return read_files.load_source_file(path, kind, project, {})

    def _kept(self, saved: Any) -> Any:
        """A file as it was. What is no YAML may be parsed again because of another file, so its text is needed."""
        path = self._place(saved)
        if isinstance(saved, SchemaSourceFile):
            kept: Any = SchemaSourceFile(path, saved.checksum, saved.project_name, saved.parse_file_type)
            kept.dfy = saved.dfy
            return kept
        if str(saved.parse_file_type) not in KINDS or saved.parse_file_type == ParseFileType.Seed:
            kept = type(saved)(path, saved.checksum, saved.project_name, saved.parse_file_type)
            kept.contents = ""
            return kept
        return self._read(saved)

    def _place(self, saved: Any) -> FilePath:
        folder = self.all_projects[saved.project_name].project_root
        path = saved.path
        file = Path(folder, path.searched_path, path.relative_path)
        moment = file.stat().st_mtime if file.exists() else 0.0
        return FilePath(path.searched_path, path.relative_path, moment, folder)


def _new(project: Any, path: str) -> tuple[FilePath, Any] | None:
    """What dbt makes of a file that it has not read before; None where it does not read it.

    Raises:
        ProjectError: it could be of several kinds.
    """
    file = PurePosixPath(path)
    if file.name.startswith((".", "#", "~")):
        return None
    found = []
    for kind, facts in read_files.get_file_types_for_project(project).items():
        for folder in facts["paths"]:
            if not file.is_relative_to(folder) or not path.endswith(tuple(facts["extensions"])):
                continue
            inner = file.relative_to(folder)
            if kind == ParseFileType.SingularTest and inner.parts[0] in ("generic", "fixtures"):
                continue
            moment = Path(project.project_root, path).stat().st_mtime
            found.append((FilePath(str(folder), str(inner), moment, project.project_root), kind))
    if len(found) > 1:
        raise ProjectError(f"{path} could be of several kinds", "parse the whole project")
    return found[0] if found else None
