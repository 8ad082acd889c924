"""What Elementary's page asks a warehouse for, answered from our own records.

Elementary reaches data only by `run_operation(macro_name, macro_args)` of a dbt runner, which returns a list of one
JSON text. A runner that answers these calls makes its page, without its dbt package and its hooks.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from elementary.clients.dbt.base_dbt_runner import BaseDbtRunner

from dataops.errors import DataopsError
from dataops.observe.report import declared, nodes
from dataops.observe.report.asked import Asked
from dataops.observe.report.ran import Ran
from dataops.observe.report.tested import Tested

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
            "get_singular_tests": declared.singular_tests,
            "get_dbt_models_test_coverage": declared.coverage,
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
