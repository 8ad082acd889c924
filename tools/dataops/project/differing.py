"""Parse by reading only the files that differ from a parse that is at hand: no walk through the project's folders.

dbt's own partial parse decides what is parsed again; it is only told which files are other ones. Everything that is not
named is taken to be as that parse has it, so whoever names the files must know (git does). A change after which dbt
parses everything anew is refused here: then all files have to be read.
"""

from __future__ import annotations

import fnmatch
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dbt.contracts.files import FilePath, ParseFileType, SchemaSourceFile
from dbt.parser import manifest as loading
from dbt.parser import read_files
from dbt_common.clients.system import load_file_contents
from dbt_common.exceptions import DbtRuntimeError


@contextmanager
def reading(root: Path, files: Collection[str], home: Path | None = None) -> Iterator[None]:
    """While this lasts, a parse of the project at `root` reads `files` alone; others are as its partial parse has them.

    `files` are relative to `root`, as git names them (through no link); one that is not there is gone. `home` is where
    the others lie, should dbt have to parse one of them again: `root`, unless said. The parse is not written back.
    Where dbt would parse everything anew, `Project.parse` raises a ProjectError.
    """
    these = _These(str(root.resolve()), frozenset(map(os.path.normpath, files)), home or root)
    with (
        _instead(read_files, "filesystem_search", these.search),
        _instead(loading, "ReadFilesFromFileSystem", type("Reader", (_Reader,), {"these": these})),
        _instead(loading, "ManifestLoader", type("Loader", (_Loader,), {"these": these})),
    ):
        yield


@contextmanager
def whole_texts() -> Iterator[None]:
    """While this lasts, dbt tells files apart by their whole text. dbt 1.12 overlooks white space, in literals too."""
    if hasattr(read_files, "normalize_file_contents"):
        with _instead(read_files, "normalize_file_contents", str):
            yield
    else:
        yield


@contextmanager
def _instead(owner: Any, name: str, value: Any) -> Iterator[None]:
    before = getattr(owner, name)
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@dataclass(frozen=True)
class _These:
    """The files that differ, and which project they are of."""

    root: str
    files: frozenset[str]
    home: Path

    def within(self, project: Any) -> bool:
        return str(Path(project.project_root).resolve()) == self.root

    def search(self, project: Any, folders: list[str], extension: str, ignored: Any = None) -> list[FilePath]:
        """What dbt's own search for the files of one kind would find of them."""
        pattern = re.compile(fnmatch.translate(f"[!.#~]*{extension}"), re.IGNORECASE)
        found = []
        for file in sorted(self.files) if self.within(project) else ():
            path = Path(project.project_root, file)
            if not pattern.match(path.name) or not path.is_file():
                continue
            for folder in folders:
                within = os.path.relpath(path, Path(project.project_root, folder))
                hidden = ignored is not None and ignored.match_file(str(Path(folder, within)))
                if not within.startswith(os.pardir) and not hidden:
                    found.append(FilePath(folder, within, path.stat().st_mtime, project.project_root))
        return found


class _Reader(read_files.ReadFilesFromFileSystem):  # type: ignore[misc]
    """Reads these files, and takes the others from the saved parse."""

    these: _These

    def read_files(self) -> None:
        super().read_files()
        own = {name for name, project in self.all_projects.items() if self.these.within(project)}
        for file_id, saved in self.saved_files.items():
            named = saved.project_name in own and os.path.normpath(saved.original_file_path) in self.these.files
            if file_id not in self.files and not named:
                self.files[file_id] = _as_read(saved)


def _as_read(saved: Any) -> Any:
    """A file without what parsing it left in it."""
    fresh = type(saved)(
        path=saved.path,
        checksum=saved.checksum,
        project_name=saved.project_name,
        parse_file_type=saved.parse_file_type,
        contents=saved.contents,
    )
    if isinstance(fresh, SchemaSourceFile):
        fresh.dfy = saved.dfy
    return fresh


class _Loader(loading.ManifestLoader):  # type: ignore[misc]
    """dbt's loader, which parses in part or not at all."""

    these: _These

    def safe_update_project_parser_files_partially(self, project_parser_files: dict[str, Any]) -> dict[str, Any]:
        found: dict[str, Any] = super().safe_update_project_parser_files_partially(project_parser_files)
        if not self.skip_parsing and not self.partially_parsing:
            raise DbtRuntimeError("dbt would parse all files of this project again")
        for project, kinds in found.items():
            for file_id in (each for ids in kinds.values() for each in ids):
                self._with_text(project, self.manifest.files[file_id])
        return found

    def _with_text(self, project: str, file: Any) -> None:
        """Dbt keeps no text of a file, and parses one again if what it rests on changed."""
        if file.parse_file_type == ParseFileType.Seed:
            file.contents = ""  # as dbt has it: only its digest counts
        elif file.contents is None and file.parse_file_type != ParseFileType.Schema:
            of = self.all_projects[project]
            folder = self.these.home if self.these.within(of) else of.project_root
            file.contents = load_file_contents(str(Path(folder, file.original_file_path)), strip=True)

    def skip_partial_parsing_because_of_macros(self) -> bool:
        if super().skip_partial_parsing_because_of_macros():
            raise DbtRuntimeError("a macro that decides names changed, after which dbt parses all files again")
        return False

    def write_manifest_for_partial_parse(self) -> None:
        """What is parsed here is no parse of the folder as it lies there."""
