"""Edits of what a node depends on besides its own text: packages, dispatch, quoting, sources, functions, Python, bytes.

Also flags of the environment that thin a run or a selection. They are set for the tool alone: the truth is what a
project holds that is built in full, whatever somebody left in their shell.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import yaml

from bench.mutate import sql_edits
from bench.mutate.edit import Edit
from bench.mutate.tokens import Tokens, read

_FLAGS = (
    {"DBT_EXCLUDE_RESOURCE_TYPES": "model"},
    {"DBT_RESOURCE_TYPES": "test"},
    {"DBT_EMPTY": "true"},
    {"DBT_SAMPLE": "1 day"},
    {"DBT_INDIRECT_SELECTION": "empty"},
    {"DBT_FULL_REFRESH": "true"},
    {"DBT_DEFER": "true", "DBT_STATE": "target"},
    {"DBT_STORE_FAILURES": "true"},
    {"DBT_PARTIAL_PARSE": "false"},
    {"DBT_CACHE_SELECTED_ONLY": "true"},
    {"DBT_STATIC_PARSER": "false"},
    {"DBT_INTROSPECT": "false"},
    {"DBT_FAIL_FAST": "true"},
)
_QUOTING: tuple[dict[str, bool], ...] = ({"identifier": False}, {"schema": True}, {"database": False})

Change = Callable[[str, random.Random], str | None]


def _settings(root: Path) -> dict[str, Any]:
    found = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
    return found if isinstance(found, dict) else {}


def _files(root: Path, folders: list[str], *endings: str) -> list[str]:
    found = [place for folder in folders for place in (root / folder).rglob("*") if place.suffix in endings]
    return sorted(str(each.relative_to(root)) for each in found)


def _packages(root: Path) -> list[str]:
    return [str(_settings(root).get("packages-install-path", "dbt_packages"))]


def _within(
    name: str, folders: Callable[[Path], list[str]], endings: tuple[str, ...], change: Change
) -> Callable[[Any, random.Random], Edit | None]:
    """A kind that changes one file of some folders."""

    def propose(given: Any, dice: random.Random) -> Edit | None:
        files = _files(given.root, folders(given.root), *endings)
        for file in dice.sample(files, len(files)):
            before = (given.root / file).read_bytes().decode()
            after = change(before, dice)
            if after is not None and after != before:
                return Edit(name, file, before, after)
        return None

    return propose


def _sql(*edits: Callable[[Tokens, random.Random], str | None]) -> Change:
    def change(text: str, dice: random.Random) -> str | None:
        return dice.choice(edits)(read(text), dice)

    return change


def _python(text: str, dice: random.Random) -> str | None:
    """A literal of a Python model, or a remark."""
    numbers = list(re.finditer(r"(?<![\w.\"'])\d+(?![\w.\"'])", text))
    if not numbers or dice.random() < 0.3:
        return f"# a remark\n{text}"
    found = dice.choice(numbers)
    return f"{text[: found.start()]}{int(found.group()) + 1}{text[found.end() :]}"


def _bytes(text: str, dice: random.Random) -> str | None:
    """The bytes of a seed: line ends, also within a quoted value, blanks around a value, a last line end."""
    ways: list[Callable[[], str]] = [
        lambda: text.replace("\r\n", "\n") if "\r\n" in text else text.replace("\n", "\r\n"),
        lambda: re.sub(r'"[^"]*"', lambda found: found.group().replace("\r\n", "\n"), text, count=1),
        lambda: re.sub(r'"[^"]*"', lambda found: found.group().replace("\n", "\r\n", 1), text, count=1),
        lambda: text.rstrip("\r\n"),
        lambda: re.sub(r'"([^"]+)"', r'" \1"', text, count=1),
        lambda: re.sub(r"^([^,;\"\n]+)", r'"\1"', text, count=1),
    ]
    return dice.choice(ways)()


def _dispatch(given: Any, dice: random.Random) -> Edit | None:
    """Another search order, or none; without one yet, one that puts the project first."""
    before = (given.root / "dbt_project.yml").read_text(encoding="utf-8")
    content = _settings(given.root)
    orders = content.get("dispatch") or []
    if not orders:
        content["dispatch"] = [{"macro_namespace": "dbt", "search_order": [content["name"], "dbt"]}]
    elif dice.random() < 0.5:
        content.pop("dispatch")
    else:
        dice.choice(orders)["search_order"].reverse()
    return Edit("dispatch", "dbt_project.yml", before, yaml.safe_dump(content, sort_keys=False))


def _quoting(given: Any, dice: random.Random) -> Edit | None:
    before = (given.root / "dbt_project.yml").read_text(encoding="utf-8")
    content = _settings(given.root)
    content["quoting"] = {**(content.get("quoting") or {}), **dice.choice(_QUOTING)}
    return Edit("quoting", "dbt_project.yml", before, yaml.safe_dump(content, sort_keys=False))


def _document(
    name: str, key: str, change: Callable[[Any, random.Random], None]
) -> Callable[[Any, random.Random], Edit | None]:
    """A kind that changes one item under `key` of a property file."""

    def propose(given: Any, dice: random.Random) -> Edit | None:
        settings = _settings(given.root)
        folders = [*settings.get("model-paths", ["models"]), *settings.get("function-paths", ["functions"])]
        files = _files(given.root, folders, ".yml", ".yaml")
        for file in dice.sample(files, len(files)):
            before = (given.root / file).read_text(encoding="utf-8")
            content = yaml.safe_load(before)
            if isinstance(content, dict) and content.get(key):
                change(dice.choice(content[key]), dice)
                return Edit(name, file, before, yaml.safe_dump(content, sort_keys=False, allow_unicode=True))
        return None

    return propose


def _source(source: Any, dice: random.Random) -> None:
    """Where a source is read from, or what is said of it."""
    tables = source.get("tables") or [{}]
    meta = (source.get("config") or {}).get("meta") or source.get("meta") or {}
    table = dice.choice(tables)
    ways: list[Callable[[], Any]] = [
        lambda: source.update(description="Another description."),
        lambda: table.update(loaded_at_field="id"),
        lambda: source.update(quoting={"identifier": True}),
    ]
    if "external_location" in meta:
        others = [each["name"] for each in tables if each is not table]
        place = str(meta["external_location"])
        ways += [
            lambda: table.update(config={"meta": {"external_location": place.replace("{name}", dice.choice(others))}}),
            lambda: meta.update(external_location=place.replace("{name}", tables[-1]["name"])),
            lambda: meta.update(formatter="oldstyle"),
        ] * 2
    dice.choice(ways)()


def _argument(function: Any, dice: random.Random) -> None:
    arguments = function.get("arguments") or []
    if arguments and dice.random() < 0.7:
        dice.choice(arguments)["data_type"] = dice.choice(["integer", "decimal(10, 2)", "varchar"])
    else:
        function["description"] = "Another description."


def _asked_config(model: Any, dice: random.Random) -> None:
    """A setting that dbt has no meaning for, which a model can ask for."""
    config = model.setdefault("config", {})
    own = [key for key, value in config.items() if isinstance(value, int)]
    if own and dice.random() < 0.6:
        config[dice.choice(own)] += 1
    else:
        config["meta"] = {**(config.get("meta") or {}), "unit": f"unit {dice.randrange(9)}"}


def _selectors(given: Any, dice: random.Random) -> Edit | None:
    """A default selector: what a run means without one must not change."""
    place = given.root / "selectors.yml"
    before = place.read_text(encoding="utf-8") if place.exists() else None
    value = dice.choice(["tag:nothing", "path:seeds", "*"])
    chosen = {"name": "some", "default": True, "definition": {"method": "fqn", "value": value}}
    return Edit("selectors", "selectors.yml", before, yaml.safe_dump({"selectors": [chosen]}, sort_keys=False))


def _flags(given: Any, dice: random.Random) -> Edit | None:
    """An ordinary edit, planned by somebody whose environment sets a flag of dbt."""
    for file in dice.sample(given.queries, len(given.queries)):
        before = given.text(file)
        after = sql_edits.literal(read(before), dice)
        if after is not None and after != before:
            return Edit("flag of the environment", file, before, after, flags=dice.choice(_FLAGS))
    return None


def kinds() -> dict[str, Callable[[Any, random.Random], Edit | None]]:
    """Every kind of edit by name; each proposes an edit somewhere in the project, or None where there is no place."""
    real = _sql(sql_edits.literal, sql_edits.operator)
    return {
        "package": _within("package", _packages, (".sql",), real),
        "package's settings": _within(
            "package's settings", _packages, (".yml",), lambda text, dice: re.sub(r"\b1(?=\.|00)", "2", text)
        ),
        "function": _within("function", lambda root: ["functions"], (".sql",), real),
        "function's arguments": _document("function's arguments", "functions", _argument),
        "Python model": _within("Python model", lambda root: ["models"], (".py",), _python),
        "bytes of a seed": _within("bytes of a seed", lambda root: ["seeds"], (".csv",), _bytes),
        "source": _document("source", "sources", _source),
        "config that a model asks for": _document("config that a model asks for", "models", _asked_config),
        "dispatch": _dispatch,
        "quoting": _quoting,
        "selectors": _selectors,
        "flag of the environment": _flags,
    }
