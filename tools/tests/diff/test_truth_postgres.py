"""Counts are exact on PostgreSQL too: `test_truth` on a real server."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given

from dataops.warehouse import Warehouse
from tests.diff.cases import Case, cases
from tests.diff.exact import agrees, examples, found, tells_apart
from tests.diff.values import POSTGRES
from tests.diff.warehouses import opened
from tests.postgres import output, serving


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Warehouse]:
    with serving() as server, opened(tmp_path_factory.mktemp("postgres"), output(server, "public")) as warehouse:
        warehouse.run("set time zone 'America/St_Johns'")
        yield warehouse


@given(cases(POSTGRES))
@examples("POSTGRES", 15)
def test_counts_are_exact(warehouse: Warehouse, case: Case) -> None:
    agrees(found(warehouse, "public", case), case)


@pytest.mark.parametrize("type_", POSTGRES)
def test_every_pair_of_values(warehouse: Warehouse, type_: str) -> None:
    tells_apart(warehouse, "public", type_, POSTGRES[type_])
