"""What an agent may ask: each tool is one command of this tool, with the JSON that the command prints."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from dataops.plan.impact import UNREACHED

Arguments = Mapping[str, Any]


@dataclass(frozen=True)
class Tool:
    """A command as a tool.

    `arguments`: their JSON schemas by name; `required`: those without which it cannot be called. `words`: the command
    line for what was given. `contract`: the name of the schema in `schemas/` that the answer keeps, where there is one.
    `brief`: leaves out what would only fill an agent's memory. `by_target`: whether the command takes dbt's options.
    """

    name: str
    description: str
    arguments: Mapping[str, Mapping[str, Any]]
    words: Callable[[Arguments], list[str]]
    required: tuple[str, ...] = ()
    contract: str | None = None
    writes: bool = False
    by_target: bool = True
    brief: Callable[[dict[str, Any]], dict[str, Any]] = lambda document: document

    @property
    def schema(self) -> dict[str, Any]:
        """The JSON schema of the arguments."""
        return {
            "type": "object",
            "properties": dict(self.arguments),
            "required": list(self.required),
            "additionalProperties": False,
        }


def offered(writes: bool) -> tuple[Tool, ...]:
    """The tools; with `writes` those too that build, or change what production shows."""
    return tuple(each for each in TOOLS if writes or not each.writes)


def _text(description: str) -> dict[str, Any]:
    return {"type": "string", "description": description, "minLength": 1}


def _given(arguments: Arguments, *names: str) -> list[str]:
    """Options of the same name. One word each, so that no value is taken for an option."""
    return [f"--{name}={arguments[name]}" for name in names if name in arguments]


def _command(*words: str, options: tuple[str, ...] = (), node: bool = False) -> Callable[[Arguments], list[str]]:
    def line(arguments: Arguments) -> list[str]:
        return [*words, *_given(arguments, *options), *(["--", arguments["node"]] if node else [])]

    return line


def _reached(plan: dict[str, Any]) -> dict[str, Any]:
    """The plan without the nodes that nothing reaches, which are most of a project."""
    return {**plan, "skipped": [each for each in plan["skipped"] if each["why"] != UNREACHED]}


_NODE = _text("A model, seed, snapshot or test by its name, a source as source.table, or a unique id.")
_BASE = _text("A git revision, such as main: compare with where this branch left it. Default: production's release.")
_REASON = _text("Why. It is recorded, and shown to whoever looks at production.")

TOOLS = (
    Tool(
        "plan",
        "What the change in this checkout does: changed nodes with reasons, what a pull request would run and why, "
        "columns that break. Nodes that the change cannot reach are left out. Touches no warehouse.",
        {"base": _BASE},
        _command("plan", "--format=json", options=("base",)),
        contract="plan",
        brief=_reached,
    ),
    Tool(
        "explain",
        "One node's story: whether the change reaches it, why it runs or does not, and what is above it.",
        {"node": _NODE, "base": _BASE},
        lambda given: ["plan", "--format=json", f"--explain={given['node']}", *_given(given, "base")],
        required=("node",),
    ),
    Tool(
        "lineage",
        "What a node, or one column of it, is made from and what is made from it, in the live release.",
        {"node": _NODE, "column": _text("Follow this column alone.")},
        _command("lineage", "--format=json", options=("column",), node=True),
        required=("node",),
        contract="lineage",
        by_target=False,
    ),
    Tool(
        "findings",
        "What sqlfluff finds in the SQL files that the change touches, and did not find there before.",
        {"base": _BASE},
        _command("lint", "--format=json", options=("base",)),
    ),
    Tool(
        "check",
        "Which of the project's conventions the change breaks anew: layers, tests of keys, documentation, names, "
        "owners, contracts, each with the reason and how to mend it.",
        {"base": _BASE},
        _command("check", "--format=json", options=("base",)),
        contract="check",
    ),
    Tool(
        "diff",
        "How a model that `ci` has built and kept differs from production: rows, columns, distributions, examples. "
        "Values of personal columns are hidden.",
        {"select": _text("Which of the built models, in dbt's selection syntax."), "base": _BASE,
         "key": _text("Columns that identify a row, with commas, where no test says so.")},
        _command("diff", "--format=json", options=("select", "base", "key")),
    ),
    Tool(
        "status",
        "How production stands: what fails, is late, anomalous or paused, and the live release.",
        {},
        _command("status", "--format=json"),
        contract="status",
    ),
    Tool(
        "history",
        "The last runs; with `node`, how that node or test came out in each.",
        {"node": _NODE, "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "description": "Default: 20."}},
        _command("history", "--format=json", options=("node", "limit")),
        by_target=False,
    ),
    Tool(
        "releases",
        "The releases: which is live, which are kept, and when each went live.",
        {},
        _command("releases", "--format=json"),
    ),
    Tool(
        "suggest",
        "Tests and monitors that the data speaks for, each with its evidence. Reads the target's relations.",
        {"select": _text("Which models, seeds, snapshots and sources, in dbt's selection syntax.")},
        _command("suggest", "--format=json", options=("select",)),
        required=("select",),
        contract="suggest",
    ),
    Tool(
        "ci",
        "Judge the change: lint it, build and test it beside production, on production's data, and compare. "
        "What it builds is kept for `diff`. Production stays as it is. Takes as long as the build.",
        {"base": _BASE},
        _command("ci", "--format=json", "--keep", options=("base",)),
        contract="review",
        writes=True,
    ),
    Tool(
        "pause",
        "Hold a node, and all that reads it, at the last good release until it is resumed.",
        {"node": _NODE, "reason": _REASON},
        _command("pause", options=("reason",), node=True),
        required=("node", "reason"),
        writes=True,
    ),
    Tool(
        "resume",
        "End the pauses of a node.",
        {"node": _NODE, "reason": _REASON},
        _command("resume", options=("reason",), node=True),
        required=("node", "reason"),
        writes=True,
    ),
)  # fmt: skip
