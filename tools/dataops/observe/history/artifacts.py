"""Runs of plain dbt, from the artifacts that they left: `run_results.json`, `sources.json`, and `manifest.json`."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from dataops import machine, statuses
from dataops.errors import ProjectError
from dataops.observe.history import described, observed
from dataops.observe.history.records import Freshness, Invocation, Record, Result
from dataops.observe.history.said import message

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
    finished = observed.when(metadata.generated_at)
    if finished is None:
        raise ValueError("no generated_at")
    seconds = float(document.get("elapsed_time") or 0.0)
    first = min((each.started_at for each in made if isinstance(each, Result) and each.started_at), default=finished)
    began = observed.when(metadata.get("invocation_started_at")) or min(first, finished - timedelta(seconds=seconds))
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
        facts = described.node(manifest, each.unique_id)
        spans = [(observed.when(one.get("started_at")), observed.when(one.get("completed_at"))) for one in each.timing]
        is_test = facts["kind"] == "test" and each.status in (*statuses.WARNED, *statuses.FAILED)
        yield Result(
            invocation_id=identity,
            unique_id=str(each.unique_id),
            status=str(each.status),
            message=message(_known(manifest), each.unique_id, each.status, each.get("message")),
            started_at=min((began for began, _ in spans if began), default=None),
            finished_at=max((ended for _, ended in spans if ended), default=None),
            seconds=each.execution_time,
            compile_seconds=observed.sum_of(each.timing, "compile"),
            thread=each.get("thread_id"),
            rows_affected=observed.affected((each.get("adapter_response") or {}).get("rows_affected")),
            failures=each.get("failures"),
            compiled_sql=observed.bounded_sql(code) if is_test else None,
            **facts,
        )


def _freshness(identity: str, manifest: Any, document: Any) -> Iterator[Freshness]:
    checked = observed.when(document.metadata.generated_at)
    for each in document.results:
        criteria = each.get("criteria") or {}
        facts = described.source(manifest, str(each.unique_id))
        facts |= {"message": message(_known(manifest), each.unique_id, each.status, each.get("error"))}
        facts |= observed.age(observed.when(each.get("max_loaded_at")), each.get("max_loaded_at_time_ago_in_s"))
        yield Freshness(
            invocation_id=identity,
            unique_id=str(each.unique_id),
            status=str(each.status),
            checked_at=observed.when(each.get("snapshotted_at")) or checked,
            warn_after_seconds=described.limit(criteria.get("warn_after")),
            error_after_seconds=described.limit(criteria.get("error_after")),
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
