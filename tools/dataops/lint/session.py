"""sqlfluff on the project that is already parsed: nothing is parsed or connected twice."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from copy import copy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlfluff.core import FluffConfig, Linter
from sqlfluff.core.config import load_config_up_to_path
from sqlfluff.core.errors import SQLFluffSkipFile, SQLFluffUserError
from sqlfluff.core.linter import RenderedFile
from sqlfluff.core.linter.discovery import paths_from_path
from sqlfluff_templater_dbt.templater import DbtTemplater

from dataops.project.lint_files import lint_file
from dataops.project.profiles import Target
from dataops.project.session import Project
from dataops.sql.dialects import lint_dialect

_LOG = logging.getLogger("sqlfluff.linter")
_SKIPPED = ("Skipped file ", "Length of file ", "File ", "Exact file path ")
_HOSTED = "dbt-cloud"
"""The templater of dbt's hosted editor, which no package has."""


class Session:
    """A linter with the project's own settings, on a manifest. `config` is dbt's, of the adapter that is registered."""

    def __init__(self, project: Project, target: Target, manifest: Any, config: Any) -> None:
        self.root = project.root
        self.linter = Linter(config=_settings(project, manifest))
        self._own = _OwnFiles(project.name, manifest)
        templater = self.linter.templater
        if isinstance(templater, DbtTemplater):
            # Cached properties of the templater, given instead of computed: parsing is done already, and the warehouse
            # is connected to when the first SQL asks it something. The templater itself would list all schemas at once.
            given = {"dbt_config": config, "dbt_manifest": manifest, "dbt_selector_method": self._own}
            templater.__dict__.update(given, connection=nullcontext)
            templater.working_dir = str(project.root)

    def rendered(self, files: Iterable[str], told: Callable[[str, str], object]) -> Iterator[RenderedFile]:
        """The files as sqlfluff compiles them. Those that it ignores are left out; `told` hears why it skips others."""
        with _skipping():
            # Whoever asked for a file that is ignored tells of it.
            wanted = [path for file in files if Path(file).exists() for path in paths_from_path(file)]
        for path in self.linter.templater.sequence_files(wanted, config=self.linter.config):
            with _skipping() as why:
                try:
                    rendered = self.linter.render_file(path, self.linter.config)
                except SQLFluffSkipFile as skipped:
                    why.append(str(skipped))
            if why:
                told(path, why[0])
            else:
                yield rendered

    def another(self, like: RenderedFile, text: str) -> RenderedFile:
        """A file as if it had another text, under the settings of the one that is there."""
        config = like.config.copy()
        config.process_raw_file_for_config(text, like.fname)
        with self._own.instead(like.fname, text):
            return self.linter.render_string(text, like.fname, config, like.encoding)


@contextmanager
def _skipping() -> Iterator[list[str]]:
    """Why sqlfluff skips what it renders meanwhile: it warns of that, and goes on as if there had been no finding."""
    why: list[str] = []

    def hear(record: logging.LogRecord) -> bool:
        heard = record.getMessage()
        if not heard.startswith(_SKIPPED):
            return True
        why.append(" ".join(heard.split(" because ", 1)[-1].split()))
        return False

    _LOG.addFilter(hear)
    try:
        yield why
    finally:
        _LOG.removeFilter(hear)


class _OwnFiles:
    """Which node a file is of: where a package has a file of the same name, its node is not the project's."""

    def __init__(self, package: str, manifest: Any) -> None:
        self._manifest = manifest
        self._nodes: dict[Path, list[str]] = {}
        for unique_id, node in manifest.nodes.items():
            if node.package_name == package:
                self._nodes.setdefault(Path(node.original_file_path), []).append(unique_id)

    def search(self, included_nodes: Collection[str], selector: str) -> Iterator[str]:
        """The project's nodes that are written in a file, relative to the project."""
        return (each for each in self._nodes.get(Path(selector), ()) if each in included_nodes)

    def instead(self, file: str, text: str) -> _Instead:
        """The manifest with another text in a file, while it lasts."""
        found = next(self.search(self._manifest.nodes, file), None)
        return _Instead(self._manifest, found, text)


@dataclass
class _Instead:
    """A node's place in a manifest is taken by a copy with another text, which may refer to whatever is there."""

    manifest: Any
    unique_id: str | None
    text: str

    def __enter__(self) -> None:
        if self.unique_id is None:
            return
        self._node = self.manifest.nodes[self.unique_id]
        node = copy(self._node)
        node.raw_code, node.compiled, node.compiled_code, node.extra_ctes = self.text, False, None, []
        node.extra_ctes_injected = False
        node.depends_on = copy(node.depends_on)
        node.depends_on.nodes = [*self.manifest.nodes, *self.manifest.sources]
        self.manifest.nodes[self.unique_id] = node

    def __exit__(self, *_: object) -> None:
        if self.unique_id is not None:
            self.manifest.nodes[self.unique_id] = self._node


def _settings(project: Project, manifest: Any) -> FluffConfig:
    try:
        return FluffConfig.from_path(str(project.root), overrides=_overrides(project, manifest))
    except KeyError as error:
        # What sqlfluff makes of a dialect or a templater that it does not have.
        raise SQLFluffUserError(f"{error.args[0]} in the settings of {project.root}") from error


def _overrides(project: Project, manifest: Any) -> dict[str, Any]:
    """Fill in dialect and templater where the project says nothing of them, or names one that is dbt's elsewhere."""
    written: Any = load_config_up_to_path(str(project.root)).get("core", {})
    overrides: dict[str, Any] = {}
    if not written.get("dialect"):
        overrides["dialect"] = lint_dialect(str(manifest.metadata.adapter_type))
    if written.get("templater") == _HOSTED:
        # What it would ask dbt's service for is at hand here.
        overrides["templater"] = "dbt"
    elif lint_file(project.root) is None:
        overrides["templater"] = "dbt"
    return overrides
