"""What Elementary's page asks a warehouse for, answered from our own records, and as quickly as they allow."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import Any

from elementary.clients.dbt.base_dbt_runner import BaseDbtRunner
from elementary.monitor.api.groups import groups
from elementary.monitor.api.models import models as api_models
from elementary.monitor.api.tests import tests as api_tests
from elementary.monitor.fetchers.models import models as fetcher_models
from elementary.monitor.fetchers.tests import tests as fetcher_tests

from dataops.errors import DataopsError
from dataops.report import nodes
from dataops.report.questions import Asked
from dataops.report.runs import Ran
from dataops.report.tests import Tested

PREFIX = "elementary_cli."


class UnknownQuestionError(DataopsError):
    """Elementary asks for something that it did not ask for before."""


class Answers(BaseDbtRunner):  # type: ignore[misc]
    """A runner that runs nothing. Whatever else Elementary would have dbt do is refused, not skipped."""

    def __init__(self, asked: Asked, adapter: str) -> None:
        """`adapter`: dbt's name of production's, which the page shows."""
        super().__init__(project_dir=".")
        asked = replace(asked, manifest=nodes.without_elementary(asked.manifest))
        manifest, ran, tested = asked.manifest, Ran(asked), Tested(asked)
        on_manifest = {
            "get_models": nodes.models,
            "get_seeds": nodes.seeds,
            "get_snapshots": nodes.snapshots,
            "get_sources": nodes.sources,
            "get_exposures": nodes.exposures,
            "get_singular_tests": nodes.singular_tests,
            "get_dbt_models_test_coverage": nodes.coverage,
            "get_nodes_depends_on_nodes": nodes.lineage,
        }
        self._answers: dict[str, Callable[..., Any]] = {
            **{name: partial(_whatever, answer, manifest) for name, answer in on_manifest.items()},
            "get_adapter_type_and_unique_id": lambda: [adapter, manifest["metadata"].get("project_id") or ""],
            "get_latest_invocation": ran.latest_invocation,
            "get_test_last_invocation": ran.invocation_of_tests,
            "get_tests": tested.tests,
            "get_test_results": tested.test_results,
            "get_source_freshness_results": ran.freshness,
            "get_models_runs": ran.runs,
            "get_models_latest_invocation": ran.latest_of_each_model,
            "get_models_latest_invocations_data": ran.invocations_of_models,
        }

    def run_operation(self, macro_name: str, macro_args: dict[str, Any] | None = None, *_: Any, **__: Any) -> list[str]:
        """The answer as a list of one JSON text.

        Raises:
            UnknownQuestionError: this version of Elementary asks for more than is known here.
        """
        if macro_name == f"{PREFIX}get_elementary_database_and_schema":
            return ["dataops.history"]
        return [json.dumps(_listed(self.answer(macro_name, macro_args or {})), default=str)]

    def answer(self, macro_name: str, macro_args: Mapping[str, Any]) -> Any:
        """The answer as it is, for whoever needs no text.

        Raises:
            UnknownQuestionError: this version of Elementary asks for more than is known here.
        """
        name = macro_name.removeprefix(PREFIX)
        if name not in self._answers:
            raise UnknownQuestionError(
                f"Elementary's page asks for `{macro_name}`, which is not known here",
                "install elementary-data 0.26, or a newer dbt-dataops",
            )
        return self._answers[name](**macro_args)

    def _refuse(self, *_: Any, **__: Any) -> Any:
        raise UnknownQuestionError("Elementary's page wants to run dbt", "install elementary-data 0.26")

    deps = seed = snapshot = run = test = debug = ls = source_freshness = _refuse


def _whatever(answer: Callable[[Mapping[str, Any]], Any], manifest: Mapping[str, Any], **_: Any) -> Any:
    """The answer is the same whether models of Elementary's package are asked for or not: there are none."""
    return answer(manifest)


def _listed(answer: Any) -> Any:
    return list(answer) if isinstance(answer, Iterator) else answer


class Fetcher(fetcher_tests.TestsFetcher):  # type: ignore[misc]
    """Elementary's reader of the results of tests, which takes our rows without JSON between."""

    def get_all_test_results_db_rows(self, **given: Any) -> list[Any]:
        """The results, each as Elementary's model of a row."""
        row, known = fetcher_tests.TestResultDBRowSchema, set(fetcher_tests.TestResultDBRowSchema.__fields__)
        return [row.construct(known, **each) for each in self.dbt_runner.answer(f"{PREFIX}get_test_results", given)]


class RunsFetcher(fetcher_models.ModelsFetcher):  # type: ignore[misc]
    """The same for runs of models."""

    def get_models_runs(self, days_back: int, exclude_elementary_models: bool = False) -> list[Any]:
        """The runs, each as Elementary's model of a row."""
        row, known = fetcher_models.ModelRunSchema, set(fetcher_models.ModelRunSchema.__fields__)
        given = {"days_back": days_back, "exclude_elementary": exclude_elementary_models}
        return [row.construct(known, **each) for each in self.dbt_runner.answer(f"{PREFIX}get_models_runs", given)]


class Item(groups.GroupItemSchema):  # type: ignore[misc]
    """A node in one of Elementary's trees. It is itself only."""

    __eq__ = object.__eq__
    __hash__ = object.__hash__


_REPLACED: tuple[tuple[Any, str, Any], ...] = (
    (api_tests, "TestsFetcher", Fetcher),
    (
        api_tests,
        "InvocationSchema",
        partial(api_tests.InvocationSchema.construct, set(api_tests.InvocationSchema.__fields__)),
    ),
    (api_models, "ModelsFetcher", RunsFetcher),
    (
        api_models,
        "ModelRunSchema",
        partial(api_models.ModelRunSchema.construct, set(api_models.ModelRunSchema.__fields__)),
    ),
    (groups, "GroupItemSchema", Item),
)


@contextmanager
def quicker() -> Iterator[None]:
    """Elementary with those replaced. What it holds until the page is written needs no search for garbage."""
    collected = gc.isenabled()
    before = [(module, name, getattr(module, name)) for module, name, _ in _REPLACED]
    try:
        for module, name, ours in _REPLACED:
            setattr(module, name, ours)
        gc.disable()
        yield
    finally:
        for module, name, theirs in before:
            setattr(module, name, theirs)
        if collected:
            gc.enable()
