"""One dbt project, opened once: parse it, run commands on it, talk to its warehouse, all in this process."""

from __future__ import annotations

import atexit
import gc
import json
import os
import time
from argparse import Namespace
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import duckdb
import yaml
from dbt.adapters.base import BaseAdapter
from dbt.adapters.contracts.connection import Connection, Credentials, Identifier
from dbt.adapters.factory import adapter_management, get_adapter, get_adapter_class_by_name, register_adapter
from dbt.cli.main import dbtRunner
from dbt.config.runtime import RuntimeConfig, load_profile
from dbt.context.providers import generate_runtime_macro_context
from dbt.contracts.graph.manifest import Manifest
from dbt.flags import set_from_args
from dbt.mp_context import get_mp_context
from dbt_common.clients.system import get_env
from dbt_common.context import set_invocation_context
from dbt_common.events.base_types import EventMsg
from dbt_common.events.event_manager_client import cleanup_event_logger
from dbt_common.exceptions import DbtBaseException

from dataops.config import WORK
from dataops.errors import ProjectError, SettingsError
from dataops.project import databases, flags, packages, parsers, profiles, schemas
from dataops.project.closing import noted, unopened
from dataops.project.differing import reading, whole_texts
from dataops.project.failures import beside_dbt2, explain
from dataops.project.graph import awaited, cycle
from dataops.project.invocation import OnEvent, Parsed, Watcher, let_go, node_result, with_cause
from dataops.project.outcome import Outcome
from dataops.project.profiles import Profile, Target
from dataops.store.location import write_whole


@dataclass(frozen=True)
class Options:
    """dbt's own options, with dbt's names and meaning; `vars` is YAML text."""

    project_dir: Path = Path()
    profiles_dir: Path | None = None
    profile: str | None = None
    target: str | None = None
    vars: str | None = None
    threads: int | None = None


class Project:
    """A dbt project on disk. Paths in its profile are relative to its folder, which is the working directory."""

    def __init__(self, options: Options) -> None:
        """Find the project and its profile; nothing is parsed and no warehouse is touched yet.

        Raises:
            ProjectError: no `dbt_project.yml`, or not YAML.
            SettingsError: no profile, or `--vars` is not a YAML mapping.
        """
        self.root = options.project_dir.resolve()
        self.options = replace(options, project_dir=self.root)
        file = self.root / "dbt_project.yml"
        if not file.is_file():
            raise ProjectError(f"no dbt project in {self.root}", "run in the folder of dbt_project.yml (--project-dir)")
        try:
            raw = yaml.safe_load(file.read_text(encoding="utf-8"))
            self.vars: dict[str, Any] = yaml.safe_load(options.vars or "{}")
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise ProjectError(f"{file.name} or --vars is not valid YAML: {error}", f"mend {file} or --vars") from error
        if not isinstance(raw, dict) or not raw.get("name"):
            raise ProjectError(f"{file} has no `name:`", "add the project's name")
        if not isinstance(self.vars, dict):
            raise SettingsError("--vars is not a mapping", "write it as YAML: --vars '{key: value}'")
        # Variables of runs alone: they are no part of what is parsed, so another value changes no node's inputs.
        self.run_vars: dict[str, Any] = {}
        self.name = str(raw["name"])
        self.flags: dict[str, Any] = raw["flags"] if isinstance(raw.get("flags"), dict) else {}
        self.watchers: list[Watcher] = []
        self.parser = parsers.AUTO
        # What a person chose of the project, where runs are told to run a slice of it.
        self.asked: tuple[str, ...] = ()
        self._parsed: dict[str, Parsed] = {}
        self.profiles_dir = profiles.find(self.root, options.profiles_dir)
        self.profile = Profile.read(self.profiles_dir, options.profile or str(raw.get("profile", self.name)))

    @contextmanager
    def entered(self) -> Iterator[Project]:
        """Work in the project's folder, as dbt users do, and return to the caller's afterwards."""
        before = Path.cwd()
        os.chdir(self.root)
        try:
            yield self
        finally:
            os.chdir(before)

    def at(self, root: Path) -> Project:
        """The same project as laid out in another folder (an earlier revision), with this one's profile."""
        return Project(replace(self.options, project_dir=root, profiles_dir=self.profiles_dir))

    @cached_property
    def default_target(self) -> str:
        """The target that dbt takes when none is named, rendered if it is Jinja."""
        if "{{" not in self.profile.default:
            return self.profile.default
        self._flags(Target(self.profile.default, self.profiles_dir))
        try:
            return str(load_profile(str(self.root), self.vars, self.profile.name, None, None).target_name)
        except Exception as error:
            raise explain(error) from error

    def located(self, unique_id: str, file: str) -> str:
        """A node's file, relative to this project: an installed package's files may be called as the project's own."""
        package = unique_id.split(".")[1]
        return file if package == self.name else f"{self._packages}/{package}/{file}"

    @cached_property
    def _packages(self) -> str:
        return packages.install_path(self.root)

    def credentials(self, target: Target) -> Credentials:
        """The target's connection facts, rendered by dbt."""
        self._flags(target)
        try:
            return load_profile(str(self.root), self.vars, self.profile.name, target.name, None).credentials
        except Exception as error:
            raise explain(error) from error

    def told(self, target: Target) -> dict[str, Any]:
        """What Jinja is told of a target."""
        self._flags(target)
        try:
            return dict(load_profile(str(self.root), self.vars, self.profile.name, target.name, None).to_target_dict())
        except Exception as error:
            raise explain(error) from error

    def parse(self, target: Target, seed: Callable[[], bytes | None] | None = None) -> Parsed:
        """Parse under `target`, reusing the last parse under the same target.

        `seed` gives a partial parse made elsewhere, used when this checkout has none yet.

        Raises:
            ProjectError: dbt cannot parse the project.
        """
        started = time.perf_counter()
        folder = WORK / "parse" / target.name
        cache = self.root / folder / "partial_parse.msgpack"
        if not cache.exists() and seed is not None:
            content = seed()
            if content is not None:
                write_whole(cache, content)
        why: list[str] = []

        def note(event: EventMsg) -> None:
            if event.info.name == "UnableToPartialParse":
                why.append(str(event.data.reason))

        words = ["--no-write-json", "--target-path", str(folder)]
        with whole_texts(), self._schemas(), beside_dbt2(self.root):
            manifest = self._invoke("parse", target, None, words, note)
            if not why and isinstance(manifest, Manifest) and (found := awaited(manifest)):
                # dbt's partial parse leaves such a test switched off for ever.
                why.append(f"a test that waited for {found} can run now")
                manifest = self._invoke("parse", target, None, [*words, "--no-partial-parse"], note)
        full = why[0] if why else None
        if full and self.parser == parsers.V2:
            told = parsers.trial(self, target, manifest).told()
            full = f"{full.rstrip('.')}. Beside it, {told}. dbt's own parse is used"
        self._parsed[target.name] = Parsed(
            self._settled(manifest, target), target, time.perf_counter() - started, full, cache
        )
        return self._parsed[target.name]

    def parse_part(self, target: Target, part: bytes, files: Collection[str]) -> Parsed:
        """Parse a part of the project: dbt's partial parse of an earlier version, cut down, and the files that differ.

        Raises:
            ProjectError: dbt cannot parse it, or would read the whole project for it.
        """
        started = time.perf_counter()
        folder = WORK / "part"
        before = self.root / folder / "before.msgpack"
        before.parent.mkdir(parents=True, exist_ok=True)
        before.write_bytes(part)
        words = ["--no-write-json", "--target-path", str(folder), "--partial-parse-file-path", str(before)]
        with whole_texts(), self._schemas(), reading(self.root, files):
            manifest = self._invoke("parse", target, None, words)
        self._parsed[target.name] = Parsed(
            self._settled(manifest, target), target, time.perf_counter() - started, None, before
        )
        return self._parsed[target.name]

    def _kept(self, parsed: Parsed) -> Parsed:
        self._parsed[parsed.target.name] = parsed
        return parsed

    def _schemas(self) -> AbstractContextManager[None]:
        adapters = (str(each.get("type")) for each in self.profile.outputs.values())
        return schemas.remembered(self.root / WORK / "schemas.json", adapters)

    def _settled(self, manifest: object, target: Target) -> Manifest:
        """A parse as it is read here.

        Raises:
            ProjectError: there is none, or it has a cycle.
        """
        if not isinstance(manifest, Manifest):
            raise ProjectError("dbt parsed the project without a result", "`dbt parse` shows more")
        self._refuse_cycle(manifest)
        roots = {**packages.installed(self.root), self.name: self.root}
        for node in manifest.nodes.values():
            if node.resource_type == "seed" and node.package_name in roots:
                # A parse made in another folder remembers that folder, and would load its files.
                node.root_path = str(roots[node.package_name])
        databases.move(manifest, target.moves)
        return manifest

    def _refuse_cycle(self, manifest: Manifest) -> None:
        """What dbt tells only when it runs, and of which every reader of the graph would make something else."""
        found = cycle(manifest)
        if found:
            files = [self.located(uid, manifest.nodes[uid].original_file_path) for uid in found[:-1]]
            names = " -> ".join(uid.split(".", 2)[-1] for uid in found)
            raise ProjectError(
                f"the project has a cycle: {names} ({', '.join(files)})",
                "take one of these `ref()` out; dbt builds what is read before what reads it",
            )

    def run(
        self,
        command: str,
        target: Target,
        manifest: Manifest,
        arguments: Sequence[str] = (),
        on_event: OnEvent | None = None,
        left: Collection[str] = (),
    ) -> Outcome:
        """Run a dbt command that executes nodes (`build`, `source freshness`, …) on an already parsed manifest.

        `left`: the flags of dbt that the environment and the project may set (`flags`).

        Raises:
            DataopsError: dbt could not run it at all; nodes that fail are in the outcome instead.
        """
        started = time.perf_counter()
        if not gc.get_freeze_count():
            # What was loaded up to here stays: to go through it in each search for garbage is a tenth of a build.
            # Once in a process, so that one which runs many commands keeps no more than its first project.
            gc.freeze()
            atexit.register(gc.unfreeze)  # libraries report as leaked what the interpreter does not clear at its end
        gc.enable()
        threads = ["--threads", str(self.options.threads)] if self.options.threads else []
        for watcher in self.watchers:
            watcher.began(command, target, self._parsed.get(target.name), manifest, [*arguments])
        batches: dict[str, str] = {}

        def hear(event: EventMsg) -> None:
            # Of a batch that failed a microbatch model's result says no more than that.
            if event.info.name == "GenericExceptionOnRun":
                batches.setdefault(str(event.data.node_info.unique_id), str(event.data.exc).strip())

        follow = [each for each in (*(watcher.happened for watcher in self.watchers), on_event, hear) if each]
        result = self._invoke(command, target, manifest, [*threads, *arguments], *follow, left=left)
        results = getattr(result, "results", None) or []
        told = tuple(with_cause(node_result(each, self.located), batches) for each in results)
        outcome = Outcome(told, time.perf_counter() - started)
        for watcher in self.watchers:
            watcher.ended(outcome)
        return outcome

    def write_manifest(self, parsed: Parsed) -> None:
        """Leave the whole project as dbt's `target/manifest.json`, where a slice of it was run."""
        parsed.manifest.write(str(self.root / "target" / "manifest.json"))

    def select(
        self, target: Target, manifest: Manifest, arguments: Sequence[str], left: Collection[str] = ()
    ) -> set[str]:
        """The unique ids that dbt's own selection options choose. `left`: as for `run`."""
        words = [*arguments, "--output", "json", "--output-keys", "unique_id", "--target-path", str(WORK / "select")]
        listed = self._invoke("ls", target, manifest, words, left=left)
        return {str(json.loads(line)["unique_id"]) for line in (listed if isinstance(listed, list) else [])}

    def document(self, target: Target, manifest: Manifest, folder: Path) -> None:
        """Write `catalog.json` for the relations of `manifest` into `folder`, without compiling again."""
        arguments = ["generate", "--no-compile", "--target-path", str(folder)]
        self._invoke("docs", target, manifest, arguments)

    @contextmanager
    def connected(self, target: Target, manifest: Manifest) -> Iterator[tuple[BaseAdapter, RuntimeConfig]]:
        """The project's adapter with an open connection, outside any dbt command; closed on leaving."""
        self._flags(target)
        try:
            config = RuntimeConfig.from_args(self._arguments(target))
        except Exception as error:
            raise explain(error) from error
        with noted(self.log), adapter_management():
            register_adapter(config, get_mp_context())
            adapter = get_adapter(config)
            adapter.set_macro_resolver(manifest)
            adapter.set_macro_context_generator(generate_runtime_macro_context)
            try:
                with adapter.connection_named("dataops"), unopened(adapter):
                    yield adapter, config
            except (DbtBaseException, duckdb.Error) as error:
                raise explain(error) from error
            finally:
                adapter.cleanup_connections()
                let_go()

    def driver(self, target: Target) -> Any:
        """A connection of the target's own driver that is no part of dbt's: dbt neither uses nor closes it.

        Raises:
            WarehouseError: the warehouse cannot be reached.
        """
        credentials = self.credentials(target)
        manager = get_adapter_class_by_name(credentials.type).ConnectionManager
        made = Connection(Identifier(credentials.type), "dataops", credentials)
        # An adapter of which a profile can name several ways in has it with each connection.
        made.http_path = getattr(credentials, "http_path", None)
        try:
            return manager.open(made).handle
        except DbtBaseException as error:
            raise explain(error) from error

    @cached_property
    def log(self) -> Path:
        """Dbt's own log of this tool's runs."""
        return self.root / WORK / "logs"

    def _arguments(self, target: Target) -> Namespace:
        return Namespace(
            project_dir=str(self.root),
            profiles_dir=str(target.profiles_dir),
            profile=self.profile.name,
            target=target.name,
            target_path=None,
            vars=self.vars,
            threads=self.options.threads,
            send_anonymous_usage_stats=False,
            which="compile",
            single_threaded=False,
            REQUIRE_RESOURCE_NAMES_WITHOUT_SPACES=None,
        )

    def _flags(self, target: Target) -> None:
        """Dbt keeps its flags and context in globals: set them for what follows, silently."""
        set_invocation_context(get_env())
        cleanup_event_logger()
        try:
            # They may be written in the project, which dbt reads for it.
            set_from_args(self._arguments(target), None)
        except Exception as error:
            raise explain(error) from error

    def _invoke(
        self,
        command: str,
        target: Target,
        manifest: Manifest | None,
        arguments: Sequence[str],
        *follow: OnEvent,
        left: Collection[str] = (),
    ) -> object:
        words = [*command.split(), *arguments, "--profiles-dir", str(target.profiles_dir), "--target", target.name]
        words += ["--profile", self.profile.name, "--project-dir", str(self.root), "--log-path", str(self.log)]
        words += ["--log-level", "none", "--log-level-file", "info", "--no-send-anonymous-usage-stats"]
        variables = {**(self.run_vars if manifest is not None else {}), **self.vars}
        if variables:
            words += ["--vars", yaml.safe_dump(variables, default_flow_style=True)]
        said: list[str] = []

        def hear(event: EventMsg) -> None:
            # What is wrong with the semantic layer is told aside, and not by the exception.
            if event.info.name == "SemanticValidationFailure" and event.info.level == "error":
                said.append(str(event.data.msg))

        aside = flags.overrides(command, words, left)
        with noted(self.log):
            result = dbtRunner(manifest=manifest, callbacks=[*follow, hear]).invoke(words, **aside)
        let_go()
        if isinstance(result.exception, KeyboardInterrupt) or "Query interrupted" in str(result.exception):
            # The latter is what DuckDB makes of Ctrl-C while it works in the main thread.
            raise KeyboardInterrupt
        if result.exception is not None:
            raise explain(result.exception, said) from result.exception
        return result.result
