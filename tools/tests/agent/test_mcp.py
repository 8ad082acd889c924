"""`dataops mcp`, asked by a client of the protocol's own library, over standard input and output."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from mcp import Client, StdioServerParameters
from mcp.types import CallToolResult

from dataops.agent import child
from dataops.agent.server import contract
from dataops.agent.tools import TOOLS, offered
from tests.shop import Shop

PEOPLE = ("Ada Lovelace", "Grace Hopper", "Alan Turing")
CHANGE = ("coalesce(payments.amount, 0) as amount", "coalesce(payments.amount, 0) * 2 as amount")


def session(shop: Shop, work: Callable[[Client], Awaitable[None]], *words: str) -> None:
    """Start the server as an agent's settings would, and let the client work."""

    async def run() -> None:
        command = ["-m", "dataops", "mcp", "--project-dir", str(shop.root), *words]
        async with Client(StdioServerParameters(command=sys.executable, args=command, env=dict(os.environ))) as client:
            await work(client)

    asyncio.run(run())


def text(result: CallToolResult) -> str:
    return "\n".join(getattr(each, "text", "") for each in result.content)


@pytest.fixture
def personal(shop: Shop) -> Shop:
    """The shop with names of people that are tagged, a test that finds them, and an edited model on a branch."""
    rows = "\n".join(f"{number},{name}" for number, name in enumerate(PEOPLE * 20, 10))
    shop.write("seeds/people.csv", f"id,full_name\n{rows}\n")
    shop.write("models/marts/persons.sql", "select id, full_name, 7 as letters from {{ ref('people') }}\n")
    tagged = "{name: full_name, config: {tags: [pii]}, data_tests: [{unique: {config: {severity: warn}}}]}"
    shop.write(
        "models/marts/persons.yml",
        f"models: [{{name: persons, columns: [{{name: id, data_tests: [unique]}}, {tagged}]}}]\n"
        "seeds: [{name: people, columns: [{name: full_name, config: {tags: [pii]}}]}]\n",
    )
    shop.commit("people")
    shop.ok("deploy")
    shop.git("switch", "-qc", "change")
    shop.edit("models/marts/fct_orders.sql", *CHANGE)
    shop.edit("models/marts/persons.sql", "full_name, 7", "upper(full_name) as full_name, 8")
    shop.commit("twice as much")
    return shop


def test_an_agent_works_through_a_change_and_sees_no_person(personal: Shop) -> None:
    seen: list[str] = []

    async def work(client: Client) -> None:
        async def ask(name: str, **arguments: Any) -> Any:
            result = await client.call_tool(name, arguments)
            seen.append(text(result))
            assert not result.is_error, text(result)
            return result.structured_content

        listed = (await client.list_tools()).tools
        assert [each.name for each in listed] == [each.name for each in TOOLS]
        assert {each.name for each in listed if not (each.annotations and each.annotations.read_only_hint)} == {
            "ci", "pause", "resume",
        }  # fmt: skip
        plan = await ask("plan")
        assert {each["unique_id"] for each in plan["changes"]} == {"model.shop.fct_orders", "model.shop.persons"}
        assert all("nothing it reads" not in each["why"] for each in plan["skipped"])
        assert (await ask("explain", node="fct_orders"))["why"]
        lineage = await ask("lineage", node="fct_orders", column="amount")
        assert {each["name"] for each in lineage["upstream"]} >= {"stg_payments", "payments"}
        assert "findings" in await ask("findings")
        assert (await ask("check"))["version"] == 1
        review = await ask("ci")
        assert review["verdict"]
        diff = await ask("diff", select="fct_orders persons")
        assert {each["name"].split(".")[-1]: each["rows"]["modified"] for each in diff["diffs"]}["fct_orders"] == 4
        assert (await ask("status"))["version"] == 1
        runs = await ask("history", node="unique_persons_full_name")
        assert [each["status"] for each in runs["results"]][-1] == "warn"
        assert len((await ask("releases"))["releases"]) == 3
        await ask("suggest", select="persons")
        await ask("pause", node="persons", reason="names are in capitals")
        assert (await ask("status"))["paused"]
        await ask("resume", node="persons", reason="so they shall be")

    session(personal, work, "--allow-writes")
    shown = "\n".join(seen).lower()
    assert "full_name" in shown
    assert not [name for name in PEOPLE if name.lower() in shown]


def test_without_leave_nothing_can_be_written_and_errors_are_words(shop: Shop) -> None:
    async def work(client: Client) -> None:
        async def refused(name: str, **arguments: Any) -> str:
            result = await client.call_tool(name, arguments)
            assert result.is_error
            assert "Traceback" not in text(result)
            return text(result)

        assert not {"ci", "pause", "resume"} & {each.name for each in (await client.list_tools()).tools}
        assert "there is no tool `ci`" in await refused("ci")
        assert "'node' is a required property" in await refused("explain")
        assert "'sql' was unexpected" in await refused("diff", sql="select 1")
        missing = await refused("lineage", node="nobody")
        assert missing.startswith("error: production has no node `nobody`")
        assert "hint: " in missing
        # What looks like an option is a name.
        assert "no node `--help`" in await refused("lineage", node="--help")
        before = shop.read("models/marts/marts.yml")
        await client.call_tool("suggest", {"select": "--write"})
        assert shop.read("models/marts/marts.yml") == before

    session(shop, work)


def test_a_command_ends_when_nobody_waits_for_it(shop: Shop) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]

    def answers() -> bool:
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0

    async def run() -> None:
        serving = asyncio.create_task(child.run(["site", "--serve", f"--port={port}"], shop.root))
        while not answers():
            assert not serving.done(), serving.result()
            await asyncio.sleep(0.05)
        serving.cancel()
        with pytest.raises(asyncio.CancelledError):
            await serving

    asyncio.run(run())
    assert not answers()


@pytest.mark.parametrize("tool", [each for each in offered(writes=True) if each.contract], ids=lambda tool: tool.name)
def test_a_contract_stands_by_itself(tool: Any) -> None:
    schema = contract(tool.contract)
    Draft202012Validator.check_schema(schema)
    assert list(Draft202012Validator(schema).iter_errors({}))
