"""`export` on released projects: what it writes, that it writes the same again, and when it refuses."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from importlib import resources
from pathlib import Path
from typing import Any

import duckdb
import jsonschema
import pytest

from dataops.engines.parquet import Table
from dataops.project.slices import Place
from dataops.store.state import pack
from tests.shop import Shop, refused


def card(folder: Path, name: str) -> Any:
    return json.loads((folder / f"{name}.card.json").read_text(encoding="utf-8"))


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_table_leaves_with_its_card(shop: Shop, tmp_path: Path) -> None:
    ran = shop.run("export", "fct_orders", "--to", str(tmp_path / "out"))
    assert ran.code == 0, ran.err
    found = card(tmp_path / "out", "fct_orders")
    schema = resources.files("dataops").joinpath("schemas", "card.json").read_text(encoding="utf-8")
    jsonschema.validate(found, json.loads(schema))
    file = tmp_path / "out" / found["file"]
    assert found["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    exported = duckdb.execute(f"select * from '{file}'").fetchall()
    with duckdb.connect(str(shop.root / "prod.duckdb"), read_only=True) as production:
        assert sorted(exported) == sorted(production.execute("select * from main.fct_orders").fetchall())
    assert found["rows"] == len(exported)
    release = shop.run("releases", "--format", "json").json["releases"][-1]
    assert (found["release"], found["revision"]) == (release["id"], release["revision"])
    assert {test["status"] for test in found["tests"]} <= {"pass", "success", "warn"}
    assert {each["unique_id"] for each in found["lineage"]} >= {"model.shop.stg_orders", "seed.shop.orders"}
    text = (tmp_path / "out" / "fct_orders.card.md").read_text(encoding="utf-8")
    assert found["content_hash"] in text
    assert "No column that this data comes from is tagged" in text


def test_the_same_release_gives_the_same_bytes(shop: Shop, tmp_path: Path) -> None:
    shop.ok("export", "fct_orders", "--to", str(tmp_path / "one"))
    shop.ok("export", "fct_orders", "--to", str(tmp_path / "two"))
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_relative_folder_is_where_the_caller_stands(shop: Shop) -> None:
    below = Shop(shop.root / "models", shop.top)
    below.ok("export", "fct_orders", "--to", "handoff", "--project-dir", "..")
    assert (shop.root / "models" / "handoff" / "fct_orders.parquet").exists()


def test_a_url_takes_it_too(shop: Shop) -> None:
    import fsspec

    shop.ok("export", "fct_orders", "--to", "memory://handoff")
    files = fsspec.filesystem("memory")
    assert {Path(name).name for name in files.ls("/handoff", detail=False)} == {
        "fct_orders.parquet",
        "fct_orders.card.md",
        "fct_orders.card.json",
    }


@pytest.mark.parametrize("status", ["fail", "error", "skipped", None])
def test_a_table_whose_tests_failed_or_did_not_run_is_refused(shop: Shop, tmp_path: Path, status: str | None) -> None:
    """No release of ours holds such results; a stored state from elsewhere, or of a later version, may."""

    def spoil(results: list[dict[str, Any]]) -> list[dict[str, Any]]:
        test = next(each for each in results if each["unique_id"].startswith("test.shop.unique_fct_orders"))
        if status is None:
            return [each for each in results if each is not test]
        test["status"] = status
        return results

    _rewrite(shop, spoil)
    ran = shop.run("export", "fct_orders", "--to", str(tmp_path / "out"))
    said = "did not run" if status in (None, "skipped") else "failed"
    assert ran.code == 1
    assert f"the test unique_fct_orders_order_id {said}" in ran.err
    assert not (tmp_path / "out").exists()


def _rewrite(shop: Shop, change: Any) -> None:
    """Replace the live bundle by one with other results, with digests that fit."""
    state = shop.root / ".dataops" / "state"
    pointer = json.loads((state / "current.json").read_text())
    place = state / "releases" / f"{pointer['release']}.zip"
    with zipfile.ZipFile(io.BytesIO(place.read_bytes())) as archive:
        files = {name: archive.read(name) for name in archive.namelist() if name != "bundle.json"}
    results = json.loads(files["run_results.json"])
    results["results"] = change(results["results"])
    files["run_results.json"] = json.dumps(results).encode()
    content = pack(files)
    place.write_bytes(content)
    (state / "current.json").write_text(json.dumps({**pointer, "sha256": hashlib.sha256(content).hexdigest()}))


def test_an_untested_table_is_refused_and_so_is_what_goes_with_it(shop: Shop, tmp_path: Path) -> None:
    ran = shop.run("export", "fct_orders", "dim_customers", "--to", str(tmp_path / "out"))
    assert ran.code == 1
    assert "no test covers dim_customers" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_production_that_someone_wrote_to_is_refused(shop: Shop, tmp_path: Path) -> None:
    with duckdb.connect(str(shop.root / "prod.duckdb")) as production:
        production.execute("update main.fct_orders set order_id = order_id + 1000")
    ran = shop.run("export", "fct_orders", "--to", str(tmp_path / "out"))
    assert ran.code == 1
    assert "someone wrote to it since" in ran.err
    shop.ok("deploy")
    shop.ok("export", "fct_orders", "--to", str(tmp_path / "out"))


def test_a_rolled_back_release_is_exported_as_itself(shop: Shop, tmp_path: Path) -> None:
    shop.ok("export", "fct_orders", "--to", str(tmp_path / "before"))
    shop.edit("seeds/payments.csv", "100,10,1200", "100,10,1300")
    shop.ok("deploy")
    shop.ok("export", "fct_orders", "--to", str(tmp_path / "after"))
    shop.ok("rollback")
    shop.ok("export", "fct_orders", "--to", str(tmp_path / "again"))
    assert contents(tmp_path / "again") == contents(tmp_path / "before")
    assert (
        card(tmp_path / "after", "fct_orders")["content_hash"] != card(tmp_path / "again", "fct_orders")["content_hash"]
    )


def test_an_unknown_name_is_an_error_with_the_nearest_one(shop: Shop, tmp_path: Path) -> None:
    refused(shop.run("export", "fct_order", "--to", str(tmp_path / "out")), "no table `fct_order`", "fct_orders")


def test_nothing_is_exported_before_the_first_release(fresh: Shop, tmp_path: Path) -> None:
    refused(fresh.run("export", "fct_orders", "--to", str(tmp_path / "out")), "no release", "dataops deploy")


# -- content ----------------------------------------------------------------------------------------------------------


def told(rows: str, tmp_path: Path, names: str = "a, b") -> tuple[int, str]:
    with duckdb.connect(str(tmp_path / "any.duckdb")) as warehouse:
        warehouse.execute(f"create or replace table main.t as select * from (values {rows}) as v ({names})")
        return Table(warehouse, Place("any", "main", "t", "model", "table", "t"), tmp_path).content()


def test_the_content_hash_knows_no_order_but_every_value(tmp_path: Path) -> None:
    two = told("(1, 'x'), (2, null)", tmp_path)
    assert told("(2, null), (1, 'x')", tmp_path) == two
    others = [
        "(1, 'x'), (2, '')",
        "(1, 'x'), (2, null), (2, null)",
        "(1, 'x')",
        "(1.0, 'x'), (2, null)",
        "(2, 'x'), (1, null)",
    ]
    assert len({two, *(told(rows, tmp_path) for rows in others)}) == len(others) + 1
    assert told("(1, 'x'), (2, null)", tmp_path, names="a, c") != two


def test_odd_values_and_names_are_written(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "any.duckdb")) as warehouse:
        warehouse.execute(
            """create table main."a ""table" as select 1 as "select", 'nan'::double as exported,
            timestamptz '2020-01-01 00:00:00+02' as "moment", {'x': [1, null]} as nested, null::date as "größe" """
        )
        table = Table(warehouse, Place("any", "main", 'a "table', "model", "table", "t"), tmp_path)
        table.write(tmp_path / "out.parquet")
        columns = {each.name: each for each in table.columns({"select": "A number."}, {"größe"})}
        assert table.content()[0] == 1
    assert columns["select"].description == "A number."
    assert columns["moment"].earliest == "2019-12-31 22:00:00+00"
    assert (columns["größe"].blank_rows, columns["größe"].earliest) == (1, None)
    assert len(duckdb.execute(f"select * from '{tmp_path}/out.parquet'").fetchall()) == 1


def test_an_empty_table_has_a_card_too(tmp_path: Path) -> None:
    with duckdb.connect(str(tmp_path / "any.duckdb")) as warehouse:
        warehouse.execute("create table main.t (a integer, d date)")
        table = Table(warehouse, Place("any", "main", "t", "model", "table", "t"), tmp_path)
        table.write(tmp_path / "out.parquet")
        assert [each.blank_rows for each in table.columns({}, set())] == [0, 0]
        assert table.content()[0] == 0
