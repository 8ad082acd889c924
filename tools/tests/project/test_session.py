"""What a project leaves in its process."""

from __future__ import annotations

from pathlib import Path

import pytest
from dbt.adapters.duckdb.environments.local import DuckDBConnectionWrapper
from dbt_common.behavior_flags import BehaviorFlagRendered

from dataops.project.session import Options, Project
from tests.postgres import output
from tests.shop import Shop, dump


def test_the_nth_adapter_costs_what_the_first_did(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """dbt walks the whole stack for every flag of behaviour that an adapter has; none has those of an earlier one."""
    (tmp_path / "dbt_project.yml").write_text(dump({"name": "one", "version": "1.0", "profile": "one"}))
    profile = {"target": "prod", "outputs": {"prod": output(str(tmp_path), "public")}}
    (tmp_path / "profiles.yml").write_text(dump({"one": profile}))
    walks: list[str] = []
    monkeypatch.setattr(BehaviorFlagRendered, "_default_source", staticmethod(lambda: walks.append("one") or "dbt"))
    project = Project(Options(project_dir=tmp_path))
    target = project.profile.target("prod")
    costs = []
    with project.entered():
        for _ in range(3):
            walks.clear()
            parsed = project.parse(target)
            project.select(target, parsed.manifest, [])
            with project.connected(target, parsed.manifest):
                pass
            costs.append(len(walks))
    assert costs[0] > 0
    assert costs == [costs[0]] * 3


def test_a_connection_that_does_not_close_cleanly_fails_nothing(
    editions: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on Spark, whose server may answer the end of a session with an error of its own."""
    close = DuckDBConnectionWrapper.close

    def broken(self: DuckDBConnectionWrapper) -> None:
        close(self)
        raise RuntimeError("the server lost its mind")

    monkeypatch.setattr(DuckDBConnectionWrapper, "close", broken)
    editions.publish(2)
    editions.ok("deploy")
    assert editions.edition() == 2
    told = editions.read("target/dataops/logs/dbt.log")
    assert "did not close cleanly: the server lost its mind" in told
    project = editions.project()
    with project.entered():
        target = editions.targets(project).production
        with project.connected(target, project.parse(target).manifest) as (adapter, _):
            adapter.execute("select 1")
    assert editions.read("target/dataops/logs/dbt.log").count("lost its mind") > told.count("lost its mind")
