"""The server: lists the tools and answers calls, over standard input and output."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
from mcp import types
from mcp.server import Server, ServerRequestContext
from mcp.server.stdio import stdio_server

from dataops import __version__
from dataops.agent import child
from dataops.agent.tools import Tool, offered
from dataops.errors import UNABLE

_SAYS = (
    "A dbt project under dataops. Ask `plan` what a change does before it is built, `status` how production stands, "
    "`lineage` and `explain` for one node. Personal values are never in an answer."
)


def serve(folder: Path, options: Sequence[str], writes: bool) -> None:
    """Answer until standard input ends. `options`: dbt's, such as `--target=prod`, for commands that take them."""
    tools = {each.name: each for each in offered(writes)}

    async def listed(_: ServerRequestContext[Any], __: types.PaginatedRequestParams | None) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_described(each) for each in tools.values()])

    async def called(_: ServerRequestContext[Any], asked: types.CallToolRequestParams) -> types.CallToolResult:
        tool = tools.get(asked.name)
        if tool is None:
            return _error(f"there is no tool `{asked.name}`; there are: {', '.join(tools)}")
        return await _answer(tool, asked.arguments or {}, folder, options)

    async def run() -> None:
        server = Server("dataops", version=__version__, instructions=_SAYS, on_list_tools=listed, on_call_tool=called)
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())

    asyncio.run(run())


async def _answer(
    tool: Tool, arguments: Mapping[str, Any], folder: Path, options: Sequence[str]
) -> types.CallToolResult:
    wrong = jsonschema.Draft202012Validator(tool.schema).iter_errors(arguments)
    if first := next(wrong, None):
        where = f"`{first.path[0]}`: " if first.path else ""
        return _error(f"{tool.name} cannot be called like that: {where}{first.message}")
    words = tool.words(arguments)
    ended = await child.run([words[0], *(options if tool.by_target else ()), *words[1:]], folder)
    if ended.code >= UNABLE:
        return _error(ended.err.strip() or f"{words[0]} ended with {ended.code}")
    if "--format=json" not in words:
        return types.CallToolResult(content=[types.TextContent(type="text", text=ended.out.strip())])
    document = tool.brief(json.loads(ended.out))
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], structured_content=document)


def _described(tool: Tool) -> types.Tool:
    return types.Tool(
        name=tool.name,
        description=tool.description,
        input_schema=tool.schema,
        output_schema=contract(tool.contract) if tool.contract else None,
        annotations=types.ToolAnnotations(
            read_only_hint=not tool.writes, destructive_hint=False, open_world_hint=False
        ),
    )


def contract(name: str) -> dict[str, Any]:
    """A published schema. Those that it refers to are embedded under their own names, as a client has no other file."""
    every = [json.loads(each.read_text("utf-8")) for each in (files("dataops") / "schemas").iterdir()]
    known = {each["$id"]: each for each in every if "$id" in each}
    schema = known[f"urn:dbt-dataops:{name}:1"]
    text = json.dumps(schema)
    others = {key: each for key, each in known.items() if f'"$ref": "{key}"' in text}
    return {**schema, "$defs": {**schema.get("$defs", {}), **others}} if others else schema


def _error(text: str) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=True)
