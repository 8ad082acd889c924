"""Runs of plain dbt, from the artifacts that they left, and the target that each was in."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import yaml

from dataops.environment import machine
from dataops.errors import ProjectError, SettingsError
from dataops.history import nodes, observation
from dataops.history.observation import message
from dataops.history.reader import History
from dataops.history.records import Freshness, Invocation, Record, Result
from dataops.project import profiles, statuses
from dataops.project.profiles import Profile

_EMPTY = '{"nodes": {}, "sources": {}, "unit_tests": {}, "groups": {}, "metadata": {}}'


class _Fields(dict[str, Any]):
    """A JSON object whose members are attributes too, as dbt's own objects have them."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError as error:
            raise AttributeError(name) from error


@dataclass(frozen=True)
class Found:
    """What one artifact tells. `told`: its records after `invocation`; `refused`: why they are none of a run, if so.

    `places`: where each node's relation was, by unique id, as far as the artifacts tell. `with_options`: whether the
    artifact says with which options dbt ran; `sources.json` never does, and what dbt 2 writes does not.
    """

    file: str
    invocation: Invocation
    told: tuple[Record, ...]
    refused: str | None
    places: Mapping[str, str]
    with_options: bool = True

    def at(self, target: str) -> Found:
        """The same, known to be of a target."""
        return replace(self, invocation=replace(self.invocation, target=target))


def read(folder: Path) -> list[Found]:
    """What each invocation that left artifacts in a folder tells.

    Raises:
        ProjectError: there are no artifacts, or they are damaged.
    """
    manifest = _load(folder / "manifest.json") or json.loads(_EMPTY, object_hook=_Fields)
    manifest = _Fields(json.loads(_EMPTY, object_hook=_Fields), **manifest)
    found: list[Found] = []
    for name, command, records in _KINDS:
        document = _load(folder / name)
        if document is None:
            continue
        try:
            identity = str(document.metadata.invocation_id)
            if not re.fullmatch(r"[\w-]{1,100}", identity):
                raise ValueError(f"the invocation id {identity!r}")
            made = list(records(identity, manifest, document))
            invocation = _invocation(identity, command, manifest, document, made)
            refused = _refused(document) if name == "run_results.json" else None
            places, with_options = _places(manifest, document), _with_options(document)
            found.append(Found(name, invocation, tuple(made), refused, places, with_options))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise ProjectError(
                f"{folder / name} is not what dbt writes: {error}", "download it anew, or run dbt again"
            ) from error
    if not found:
        raise ProjectError(
            f"{folder} has neither run_results.json nor sources.json", "name the target folder of a dbt run"
        )
    return found


def _load(path: Path) -> Any:
    if not path.is_file():
        return None
    try:
        document = json.loads(path.read_text(encoding="utf-8"), object_hook=_Fields)
    except (ValueError, OSError) as error:
        raise ProjectError(f"cannot read {path}: {error}", "download it anew, or run dbt again") from error
    if not isinstance(document, _Fields) or not isinstance(document.get("metadata"), _Fields):
        raise ProjectError(f"{path} is none of dbt's artifacts", "name the target folder of a dbt run")
    return document


_RUNS = ("build", "run", "test", "seed", "snapshot", "retry")
"""dbt's commands whose results say how the data is. Others write `run_results.json` too."""

_NAMES = {"generate": "docs generate"}

_BARE = frozenset({"command", "which", "static_analysis", "__other__"})
"""All that dbt 2 tells of its command line, whatever was on it."""


def _with_options(document: Any) -> bool:
    """Whether what is not among the arguments was not given."""
    by_dbt2 = str(document.metadata.get("dbt_version")).startswith("2.")
    return "args" in document and not (by_dbt2 and set(_given(document)) <= _BARE)


def _given(document: Any) -> Mapping[str, Any]:
    """The command line as dbt tells it. dbt 2 has some of it one level below."""
    args = document.get("args") or _Fields()
    return _Fields(args.get("__other__") or {}, **args)


def _refused(document: Any) -> str | None:
    """Why results say nothing of the data; None where they do."""
    given = _given(document)
    command = given.get("which")
    if not command:
        return "does not say which of dbt's commands wrote it"
    name = f"dbt {_NAMES.get(command, command)}"
    if command not in _RUNS:
        return f"is of `{name}`, which neither builds nor tests"
    thin = next((option for option in ("empty", "sample") if given.get(option)), None)
    return f"is of `{name} --{thin}`, which leaves rows out" if thin else None


def _places(manifest: Any, document: Any) -> Mapping[str, str]:
    """Relations by unique id: those of the results; else of a manifest, if the same invocation wrote it."""
    told = {str(each.unique_id): each.get("relation_name") for each in document.results}
    if not any(told.values()) and manifest.metadata.get("invocation_id") == document.metadata.invocation_id:
        told = {uid: node.get("relation_name") for uid, node in manifest.nodes.items()}
    return {uid: str(relation) for uid, relation in told.items() if relation}


def _invocation(
    identity: str, command: str, manifest: Any, document: Any, made: list[Result | Freshness]
) -> Invocation:
    metadata, given = document.metadata, _given(document)
    finished = observation.when(metadata.generated_at)
    if finished is None:
        raise ValueError("no generated_at")
    seconds = float(document.get("elapsed_time") or 0.0)
    first = min((each.started_at for each in made if isinstance(each, Result) and each.started_at), default=finished)
    began = observation.when(metadata.get("invocation_started_at")) or min(first, finished - timedelta(seconds=seconds))
    relation = next((each for each in manifest.nodes.values() if each.resource_type in ("model", "seed")), _Fields())
    job = machine.job(metadata.get("env") or {}) or machine.job(os.environ)
    failed = any(statuses.is_failure(each.status) for each in made)
    return Invocation(
        invocation_id=identity,
        command=str(given.get("which") or command),
        status="failed" if failed else "success",
        origin="artifacts",
        started_at=began,
        finished_at=finished,
        seconds=(finished - began).total_seconds(),
        planned=len(made),
        project=manifest.metadata.get("project_name"),
        profile=given.get("profile"),
        target=given.get("target"),
        adapter=manifest.metadata.get("adapter_type"),
        database=relation.get("database"),
        threads=given.get("threads"),
        is_full_refresh=given.get("full_refresh"),
        selected=_selected(given),
        variables=_names(given.get("vars")),
        dbt_version=metadata.get("dbt_version"),
        orchestrator=job.orchestrator if job else None,
        job_name=job.name if job else None,
        job_url=job.url if job else None,
        pull_request=job.pull_request if job else None,
    )


def _selected(given: Mapping[str, Any]) -> str:
    words = []
    for option in ("select", "exclude", "selector"):
        values = given.get(option) or ()
        for value in [values] if isinstance(values, str) else values:
            words += [f"--{option}", str(value)]
    return " ".join(words)


def _names(variables: Any) -> tuple[str, ...]:
    return tuple(sorted(str(name) for name in variables)) if isinstance(variables, Mapping) else ()


def _results(identity: str, manifest: Any, document: Any) -> Iterator[Result]:
    # dbt 2 leaves what it compiled in the manifest of the same run.
    compiled = manifest.nodes if manifest.metadata.get("invocation_id") == document.metadata.invocation_id else {}
    for each in document.results:
        code = each.get("compiled_code") or compiled.get(each.unique_id, {}).get("compiled_code")
        facts = nodes.node(manifest, each.unique_id)
        spans = [
            (observation.when(one.get("started_at")), observation.when(one.get("completed_at"))) for one in each.timing
        ]
        is_test = facts["kind"] == "test" and each.status in (*statuses.WARNED, *statuses.FAILED)
        yield Result(
            invocation_id=identity,
            unique_id=str(each.unique_id),
            status=str(each.status),
            message=message(_known(manifest), each.unique_id, each.status, each.get("message")),
            started_at=min((began for began, _ in spans if began), default=None),
            finished_at=max((ended for _, ended in spans if ended), default=None),
            seconds=each.execution_time,
            compile_seconds=observation.sum_of(each.timing, "compile"),
            thread=each.get("thread_id"),
            rows_affected=observation.affected((each.get("adapter_response") or {}).get("rows_affected")),
            failures=each.get("failures"),
            compiled_sql=observation.bounded_sql(code) if is_test else None,
            **facts,
        )


def _freshness(identity: str, manifest: Any, document: Any) -> Iterator[Freshness]:
    checked = observation.when(document.metadata.generated_at)
    for each in document.results:
        criteria = each.get("criteria") or {}
        facts = nodes.source(manifest, str(each.unique_id))
        facts |= {"message": message(_known(manifest), each.unique_id, each.status, each.get("error"))}
        facts |= observation.age(observation.when(each.get("max_loaded_at")), each.get("max_loaded_at_time_ago_in_s"))
        yield Freshness(
            invocation_id=identity,
            unique_id=str(each.unique_id),
            status=str(each.status),
            checked_at=observation.when(each.get("snapshotted_at")) or checked,
            warn_after_seconds=nodes.limit(criteria.get("warn_after")),
            error_after_seconds=nodes.limit(criteria.get("error_after")),
            seconds=each.get("execution_time"),
            **facts,
        )


def _known(manifest: Any) -> Any:
    return manifest if manifest.nodes else None


_KINDS: tuple[tuple[str, str, Callable[[str, Any, Any], Iterator[Result | Freshness]]], ...] = (
    ("run_results.json", "run", _results),
    ("sources.json", "source freshness", _freshness),
)
"""Each artifact, and the command where it does not say which."""


def placed(found: Sequence[Found], named: str | None, root: Path, history: History) -> list[Found]:
    """Artifacts with their targets, `named` where they have none; None stays where nothing tells it.

    Without a name, dbt took its profile's default. `sources.json`, and all of dbt 2, do not even say that nothing was
    named: they are of the target in which their nodes lie, as another artifact or the history has them.
    """
    profile = _profile(root)
    made: list[Found] = []
    # What has a target of its own tells where others were.
    for each in sorted(found, key=lambda each: not each.with_options):
        target = each.invocation.target or named
        if target is None and each.with_options:
            target = _default(profile)
        elif target is None:
            only = list(profile.outputs) if profile is not None else []
            target = only[0] if len(only) == 1 else _where(each.places, made, history)
        made.append(each.at(target) if target else each)
    return made


def _profile(root: Path) -> Profile | None:
    """The project's profile, as far as this machine has it."""
    try:
        project: Any = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
        name = str(project.get("profile") or project["name"])
        return Profile.read(profiles.find(root, None), name)
    except (SettingsError, OSError, UnicodeDecodeError, yaml.YAMLError, AttributeError, KeyError):
        return None


def _default(profile: Profile | None) -> str | None:
    return profile.default if profile is not None and "{{" not in profile.default else None


def _where(places: Mapping[str, str], made: Sequence[Found], history: History) -> str | None:
    """The one target whose relations are where these are."""
    rows = history.connection.execute(
        """
        select target, unique_id, results.database, results.schema, identifier
        from results
        inner join invocations using (invocation_id)
        where target is not null and command <> 'ci' and list_contains(?, unique_id)
        qualify row_number() over (partition by target, unique_id order by invocations.started_at desc) = 1
        """,
        [list(places)],
    ).fetchall()
    known = {(str(target), str(uid)): [each for each in parts if each] for target, uid, *parts in rows}
    for each in made:
        target = each.invocation.target
        known |= {(target, uid): _parts(each.places[uid]) for uid in places if target and uid in each.places}
    alike: dict[str, bool] = {}
    for (target, uid), parts in known.items():
        alike[target] = alike.get(target, True) and parts == _parts(places[uid])
    targets = [target for target, same in alike.items() if same]
    return targets[0] if len(targets) == 1 else None


def _parts(relation: str) -> list[str]:
    """`"prod"."main"."orders"` without its quotes."""
    return [each.strip('"`[]') for each in relation.split(".")]
