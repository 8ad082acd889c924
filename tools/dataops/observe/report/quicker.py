"""What Elementary does for each run of each test, done as it is, and quicker.

Elementary checks and converts every row that it is told, through JSON, with some forty fields a run. Ours have the
form that it converts to, so each becomes its model as it is. And its trees of nodes compare each node with all
before it, by content: those of one place in a tree are all different.

Only names in Elementary's modules are replaced, while a page is made. That the page stays the same is tested.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from elementary.monitor.api.groups import groups
from elementary.monitor.api.models import models as api_models
from elementary.monitor.api.tests import tests as api_tests
from elementary.monitor.fetchers.models import models as fetcher_models
from elementary.monitor.fetchers.tests import tests as fetcher_tests

from dataops.observe.report.runner import PREFIX


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
