"""`contract check`, and its place in `ci`: what it says, what it leaves unsaid, and the persons that are shown."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from tests.shop import Shop, normalised
from tests.test_docs import EDITS, REPOSITORY
from tests.written import valid

SHEET = "models/marts/marts.yml"
CUSTOMERS = "model.shop.dim_customers"


def _broken(document: dict[str, Any]) -> list[tuple[str, str]]:
    return [(each["kind"], each["column"]) for each in document["breaches"]]


def test_ci_refuses_what_breaks_a_promise_in_a_part_of_the_project(shop: Shop) -> None:
    shop.edit("models/marts/dim_customers.sql", "customer_name", "customer_name::varchar as called")
    shop.edit(SHEET, "name: customer_name", "name: called")
    shop.edit(SHEET, "data_type: integer", "data_type: bigint")
    shop.edit("models/marts/dim_customers.sql", "customer_id", "customer_id::bigint as customer_id")
    ran = shop.run("ci", "--format", "json")
    assert ran.code == 1, ran.err
    valid("review", ran.json)
    assert ran.json["plan"]["full_parse"] is None
    assert "1 promise of contracts is broken" in ran.json["verdict"]
    document = ran.json["contracts"]
    assert _broken(document) == [("column renamed", "customer_name")]
    assert [each["message"] for each in document["amendments"]] == [
        "dim_customers.customer_id is bigint, and was integer: it holds all that it held",
        "dim_customers.called is new: varchar",
    ]
    _in_every_form(shop.root / "target" / "dataops")
    alone = shop.run("contract", "check", "--format", "json")
    assert alone.code == 1
    valid("contract", alone.json)
    assert alone.json == document
    # What somebody means, and says so, stands in nobody's way.
    shop.write("intended_changes.yml", "- {model: dim_customers, reason: Nobody reads it., expires: 2099-01-01}\n")
    out = shop.ok("contract", "check").out
    assert "meant column renamed: dim_customers.customer_name is gone; called, of the same type" in out
    assert "(meant until 2099-01-01: Nobody reads it.)" in out
    assert "no promise broken, 1 meant, 2 changes that take nothing away" in out


def _in_every_form(folder: Path) -> None:
    suites = {each.get("name"): each for each in ElementTree.parse(folder / "junit.xml").getroot()}
    assert suites["contracts"].get("failures") == "1"
    results = json.loads((folder / "results.sarif").read_text(encoding="utf-8"))["runs"][0]["results"]
    (broken,) = [each for each in results if each["ruleId"] == "contract/column renamed"]
    place = broken["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], broken["level"]) == (SHEET, "error")
    for name in ("review.md", "review.html"):
        text = (folder / name).read_text(encoding="utf-8")
        assert "Contracts: 1 broken promise" in text
        assert "called, of the same type, is in its place" in text


def test_against_a_revision_and_where_nothing_is_promised(shop: Shop) -> None:
    shop.edit(SHEET, "contract: {enforced: true}", "contract: {enforced: false}")
    ran = shop.run("contract", "check", "--base", "main")
    assert ran.code == 1
    assert "error contract dropped: the contract of dim_customers is not enforced any more" in ran.out
    assert f"{SHEET}:7" in ran.out
    shop.commit()
    shop.write("models/marts/fct_more.sql", "select 1 as id\n")
    assert "The change touches no contract" in shop.ok("contract", "check", "--base", "main").out
    shop.edit(SHEET, "models:", "models: [")
    shop.commit()
    shop.edit(SHEET, "models: [", "models:")
    shop.edit(SHEET, "enforced: false", "enforced: true")
    assert "What was promised is not known: revision main" in shop.ok("contract", "check", "--base", "main").out


def test_a_model_that_is_gone(shop: Shop) -> None:
    shop.remove("models/marts/dim_customers.sql")
    ran = shop.run("contract", "check", "--format", "json")
    assert _broken(ran.json) == [("model removed", "")]
    assert ran.json["breaches"][0]["message"].endswith("is gone, and no `deprecation_date` said when")


def test_the_page_shows_what_is_printed(shop: Shop) -> None:
    page = (REPOSITORY / "docs" / "contracts.md").read_text(encoding="utf-8")
    EDITS["a column under a contract is renamed"](shop)
    shown = re.findall(r"^```text\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert shown[0] == normalised(shop.run("contract", "check", "--base", "main").out)


PII = "      - name: customer_id\n        config: {tags: [pii]}\n        data_tests: [unique, not_null]\n"


def test_a_public_model_shows_what_is_tagged_above_it(shop: Shop) -> None:
    staging = "models/staging/staging.yml"
    shop.edit(staging, "      - name: customer_id\n        data_tests: [unique, not_null]\n", PII)
    assert _broken(shop.ok("contract", "check", "--format", "json").json) == []
    shop.edit(SHEET, "contract: {enforced: true}", "contract: {enforced: true}\n      access: public")
    ran = shop.run("contract", "check", "--format", "json")
    assert ran.code == 1
    assert _broken(ran.json) == [("personal column shown", "customer_id")]
    said = ran.json["breaches"][0]["message"]
    assert said.startswith("dim_customers.customer_id shows stg_customers.customer_id, which is personal"), said
    # A declaration that the SQL does not bear out is none; a mask and a reason are.
    sheet = shop.read(SHEET)
    for given, code in [
        ("meta: {deidentified: hash}", 1),
        ("meta: {masking_policy: by_hand}", 0),
        ("meta: {dataops: {skip_checks: {public_models_show_no_person: The key is public.}}}", 0),
    ]:
        shop.write(
            SHEET,
            sheet.replace("        data_type: integer\n", f"        data_type: integer\n        config: {{{given}}}\n"),
        )
        assert shop.run("contract", "check").code == code, given
    # What a model says of itself is a convention's affair: no finding twice.
    shop.write(
        SHEET,
        sheet.replace("        data_type: integer\n", "        data_type: integer\n        config: {tags: [pii]}\n"),
    )
    assert shop.run("contract", "check").code == 0
    ran = shop.run("check", "--format", "json")
    assert ran.code == 1
    assert ("public_models_show_no_person", "customer_id") in {
        (each["rule"], each["subject"]) for each in ran.json["findings"]
    }
