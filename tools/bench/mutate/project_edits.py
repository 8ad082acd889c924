"""Edits of what is no query: seeds, settings, macros, variables, properties in YAML, tests."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from bench.mutate import sql_edits
from bench.mutate.edit import Edit
from bench.mutate.tokens import read, spliced, with_text

_ENV = re.compile(r"env_var\(\s*['\"](\w+)['\"]")
_CONFIG = re.compile(r"\{\{\s*config\(.*?\)\s*\}\}\n?", re.DOTALL)
_IN_JINJA = re.compile(r"(?<![\w'.])\d+(?![\w'.])|'\w+', *'\w+'(?=[\],])")
_SETTINGS = (
    "materialized='table'", "materialized='view'", "materialized='ephemeral'", "alias='another_name'",
    "schema='elsewhere'", "tags=['a_tag']", "meta={'owner': 'someone'}", "enabled=false", "unique_key='id'",
    "materialized='incremental'", "pre_hook='select 1'",
)  # fmt: skip
_PROPERTIES: tuple[dict[str, Any], ...] = (
    {"description": "Another description."},
    {"meta": {"owner": "someone"}},
    {"config": {"tags": ["a_tag"]}},
    {"config": {"materialized": "table"}},
    {"docs": {"show": False}},
)
LARGE = 1 << 20
"""From this size on dbt compares a seed by its path only."""


@dataclass(frozen=True)
class Sources:
    """The files of a project that edits choose from, relative to `root`, and how each looks unedited."""

    root: Path
    queries: tuple[str, ...]
    macros: tuple[str, ...]
    tests: tuple[str, ...]
    seeds: tuple[str, ...]
    properties: tuple[str, ...]
    docs: tuple[str, ...]
    variables: dict[str, Any] = field(default_factory=dict)
    environment: tuple[str, ...] = ()

    def text(self, file: str) -> str:
        """The unedited text of a file."""
        return (self.root / file).read_bytes().decode()


def sources(root: Path) -> Sources:
    """The files of the project at `root`, where its settings say that they are."""
    settings = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))

    def files(key: str, default: str, *endings: str) -> tuple[str, ...]:
        found = [place for folder in settings.get(key, [default]) for place in (root / folder).rglob("*")]
        return tuple(sorted(str(each.relative_to(root)) for each in found if each.suffix in endings))

    texts = [*files("model-paths", "models", ".sql", ".yml"), *files("macro-paths", "macros", ".sql")]
    names = {name for file in texts for name in _ENV.findall((root / file).read_text(encoding="utf-8"))}
    return Sources(
        root=root,
        queries=files("model-paths", "models", ".sql") + files("snapshot-paths", "snapshots", ".sql"),
        macros=files("macro-paths", "macros", ".sql"),
        tests=files("test-paths", "tests", ".sql"),
        seeds=files("seed-paths", "seeds", ".csv"),
        properties=files("model-paths", "models", ".yml", ".yaml") + files("seed-paths", "seeds", ".yml"),
        docs=files("model-paths", "models", ".md"),
        variables=settings.get("vars") or {},
        environment=tuple(sorted(names)),
    )


Proposal = Callable[[Sources, random.Random], Edit | None]


def kinds() -> dict[str, Proposal]:
    """Every kind of edit by name; each proposes an edit somewhere in the project, or None where there is no place."""
    known = {name: _in_queries(name, edit) for name, edit in sql_edits.KINDS.items()}
    return {
        **known,
        "macro, real": _macro_real,
        "macro, cosmetic": _macro_cosmetic,
        "seed cell": _seed("seed cell", _cell),
        "seed rows reordered": _seed("seed rows reordered", _rows_swapped),
        "seed row added": _seed("seed row added", _row_added),
        "seed, large": _seed("seed, large", _cell, large=True),
        "literal in Jinja": _jinja,
        "column types of a seed": _column_types,
        "docs block": _docs_block,
        "model added": _model_added,
        "model removed": _model_removed,
        "model moved": _model_moved,
        "config in the model": _config,
        "config in dbt_project.yml": _project_config,
        "properties": _properties,
        "test in YAML": _yaml_test,
        "test's SQL": _test,
        "var in dbt_project.yml": _variable,
        "var on the command line": _vars,
        "env_var": _environment,
    }


def _in_queries(name: str, edit: sql_edits.Kind) -> Proposal:
    def propose(given: Sources, dice: random.Random) -> Edit | None:
        for file in dice.sample(given.queries, len(given.queries)):
            before = given.text(file)
            after = edit(read(before), dice)
            if after is not None and after != before:
                return Edit(name, file, before, after)
        return None

    return propose


def _any(files: tuple[str, ...], dice: random.Random) -> str | None:
    return dice.choice(files) if files else None


def _macro_real(given: Sources, dice: random.Random) -> Edit | None:
    """A literal or an operator between the Jinja of a macro."""
    for file in dice.sample(given.macros, len(given.macros)):
        before = given.text(file)
        tokens = read(before)
        edit = dice.choice([sql_edits.literal, sql_edits.operator, _first_word_doubled])
        after = edit(tokens, dice)
        if after is not None and after != before:
            return Edit("macro, real", file, before, after)
    return None


def _first_word_doubled(tokens: Any, dice: random.Random) -> str | None:
    """`{{ x }}` as `coalesce({{ x }}, null)`: another text in every caller."""
    places = [at for at, token in enumerate(tokens) if token.text.startswith("{{")]
    at = dice.choice(places) if places else None
    return with_text(tokens, at, f"coalesce({tokens[at].text}, null)") if at is not None else None


def _macro_cosmetic(given: Sources, dice: random.Random) -> Edit | None:
    file = _any(given.macros, dice)
    if file is None:
        return None
    before = given.text(file)
    tokens = read(before)
    ends = [at + 1 for at, token in enumerate(tokens) if re.match(r"\{%-?\s*macro\b", token.text)]
    if not ends:
        return None
    remark = dice.choice(["{# a remark #}", "\n\n", "/* a remark */ ", "{% set unused = 1 %}"])
    at = dice.choice(ends)
    return Edit("macro, cosmetic", file, before, spliced(tokens, at, at, remark))


def _seed(name: str, change: Callable[[list[str], random.Random], None], large: bool = False) -> Proposal:
    def propose(given: Sources, dice: random.Random) -> Edit | None:
        files = tuple(f for f in given.seeds if ((given.root / f).stat().st_size >= LARGE) == large)
        file = _any(files, dice)
        if file is None:
            return None
        before = given.text(file)
        lines = before.splitlines(keepends=True)
        if len(lines) < 3 or '"' in before:
            return None
        change(lines, dice)
        return Edit(name, file, before, "".join(lines))

    return propose


def _cell(lines: list[str], dice: random.Random) -> None:
    at = dice.randrange(1, len(lines))
    cells = lines[at].rstrip("\r\n").split(",")
    column = dice.randrange(len(cells))
    cell = cells[column]
    cells[column] = str(int(cell) + 1) if cell.isdigit() else (cell + "x" if cell.isalpha() else cell[:-1] + "7")
    lines[at] = ",".join(cells) + "\n"


def _rows_swapped(lines: list[str], dice: random.Random) -> None:
    first, second = dice.sample(range(1, len(lines) - 1), 2) if len(lines) > 3 else (1, 1)
    lines[first], lines[second] = lines[second], lines[first]


def _row_added(lines: list[str], dice: random.Random) -> None:
    last = lines[-1].rstrip("\r\n")
    first, *rest = last.split(",")
    lines[-1] = last + "\n"
    lines.append(",".join([f"{first}9", *rest]) + "\n")


def _jinja(given: Sources, dice: random.Random) -> Edit | None:
    """A number or an item of a list within Jinja: an argument of a macro, a `set`, a bound of a loop."""
    for file in dice.sample(given.queries, len(given.queries)):
        before = given.text(file)
        places = [found for token in read(before) if token.kind == "jinja" for found in _IN_JINJA.findall(token.text)]
        if places:
            old = dice.choice(places)
            new = str(int(old) + 1) if old.isdigit() else old.split(",", 1)[0]
            after = before.replace(old, new, 1)
            return Edit("literal in Jinja", file, before, after) if after != before else None
    return None


def _column_types(given: Sources, dice: random.Random) -> Edit | None:
    file = _any(given.seeds, dice)
    if file is None:
        return None
    column = given.text(file).splitlines()[0].split(",")[0].strip('"')
    kind = dice.choice(["varchar", "double"])
    node = {"name": Path(file).stem, "config": {"column_types": {column: kind}}}
    text = yaml.safe_dump({"seeds": [node]}, sort_keys=False)
    return Edit("column types of a seed", str(Path(file).with_name("mutation_types.yml")), None, text)


def _docs_block(given: Sources, dice: random.Random) -> Edit | None:
    file = _any(given.docs, dice)
    if file is None or "{% enddocs %}" not in given.text(file):
        return None
    before = given.text(file)
    return Edit("docs block", file, before, before.replace("{% enddocs %}", "One more sentence.\n{% enddocs %}", 1))


def _model_added(given: Sources, dice: random.Random) -> Edit | None:
    file = _any(given.queries, dice)
    if file is None or "{% snapshot" in given.text(file):
        return None
    text = f"select count(*) as how_many from {{{{ ref('{Path(file).stem}') }}}}\n"
    return Edit("model added", str(Path(file).with_name("mutation_added.sql")), None, text)


def _model_removed(given: Sources, dice: random.Random) -> Edit | None:
    """A model that no SQL names. What YAML says of it is then about nothing, which dbt only warns of."""
    every = [*given.queries, *given.tests, *given.macros]
    texts = {file: given.text(file) for file in every}
    for file in dice.sample(given.queries, len(given.queries)):
        if not any(Path(file).stem in text for other, text in texts.items() if other != file):
            return Edit("model removed", file, texts[file], None)
    return None


def _model_moved(given: Sources, dice: random.Random) -> Edit | None:
    """A model in another folder, where other settings may hold."""
    folders = sorted({str(Path(file).parent) for file in given.queries})
    file = _any(given.queries, dice)
    others = [folder for folder in folders if file and folder != str(Path(file).parent)]
    if file is None or not others:
        return None
    text = given.text(file)
    return Edit("model moved", file, text, text, moved=f"{dice.choice(others)}/{Path(file).name}")


def _config(given: Sources, dice: random.Random) -> Edit | None:
    file = _any(given.queries, dice)
    if file is None or "{% snapshot" in given.text(file):
        return None
    before = given.text(file)
    setting = dice.choice(_SETTINGS)
    found = _CONFIG.search(before)
    key = setting.split("=")[0]
    if found is None:
        after = f"{{{{ config({setting}) }}}}\n{before}"
    elif re.search(rf"\b{key}\s*=", found.group()):
        after = before.replace(found.group(), "", 1)
    else:
        after = before.replace("config(", f"config({setting}, ", 1)
    return Edit("config in the model", file, before, after)


def _project_config(given: Sources, dice: random.Random) -> Edit | None:
    before = given.text("dbt_project.yml")
    places = list(re.finditer(r"materialized: *['\"]?(table|view|ephemeral)\b", before))
    if not places:
        return None
    found = dice.choice(places)
    other = dice.choice([word for word in ("table", "view", "ephemeral") if word != found.group(1)])
    after = before[: found.start(1)] + other + before[found.end(1) :]
    return Edit("config in dbt_project.yml", "dbt_project.yml", before, after)


def _nodes(given: Sources, dice: random.Random) -> Iterator[tuple[str, str, Any, list[Any]]]:
    """Property files in random order: file, text, its content, and the models and seeds that it describes."""
    for file in dice.sample(given.properties, len(given.properties)):
        text = given.text(file)
        content = yaml.safe_load(text)
        if not isinstance(content, dict):
            continue
        nodes = [node for key in ("models", "seeds", "snapshots") for node in content.get(key) or []]
        if nodes:
            yield file, text, content, nodes


def _written(kind: str, file: str, before: str, content: Any) -> Edit:
    return Edit(kind, file, before, yaml.safe_dump(content, sort_keys=False, allow_unicode=True, width=1000))


def _properties(given: Sources, dice: random.Random) -> Edit | None:
    for file, text, content, nodes in _nodes(given, dice):
        node = dice.choice(nodes)
        for key, value in dice.choice(_PROPERTIES).items():
            node[key] = {**node.get(key, {}), **value} if isinstance(value, dict) else value
        return _written("properties", file, text, content)
    return None


def _yaml_test(given: Sources, dice: random.Random) -> Edit | None:
    for file, text, content, nodes in _nodes(given, dice):
        columns = [column for node in nodes for column in node.get("columns") or []]
        if columns:
            column = dice.choice(columns)
            key = "tests" if "tests" in column else "data_tests"
            if "not_null" in column.get(key, []):
                column[key].remove("not_null")
            else:
                column[key] = [*column.get(key, []), "not_null"]
            return _written("test in YAML", file, text, content)
    return None


def _test(given: Sources, dice: random.Random) -> Edit | None:
    for file in dice.sample(given.tests, len(given.tests)):
        before = given.text(file)
        after = sql_edits.literal(read(before), dice)
        if after is not None:
            return Edit("test's SQL", file, before, after)
    return None


def _others(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if isinstance(value, float):
        return value / 2
    if isinstance(value, list):
        return value[:-1]
    return f"{value}x" if isinstance(value, str) else None


def _variables(given: Sources) -> list[tuple[tuple[str, ...], Any]]:
    """Every variable with where it stands: at the top of `vars`, or below the name of a package."""
    found: list[tuple[tuple[str, ...], Any]] = []
    for name, value in given.variables.items():
        inner = value.items() if isinstance(value, dict) else ()
        found += [((name, key), each) for key, each in inner] or [((name,), value)]
    return [(path, value) for path, value in found if _others(value) is not None]


def _variable(given: Sources, dice: random.Random) -> Edit | None:
    known = _variables(given)
    if not known:
        return None
    before = given.text("dbt_project.yml")
    content = yaml.safe_load(before)
    path, value = dice.choice(known)
    place = content["vars"]
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = _others(value)
    return _written("var in dbt_project.yml", "dbt_project.yml", before, content)


def _vars(given: Sources, dice: random.Random) -> Edit | None:
    known = _variables(given)
    if not known:
        return None
    path, value = dice.choice(known)
    text = yaml.safe_dump({path[-1]: _others(value)}, default_flow_style=True).strip()
    return Edit("var on the command line", vars=text)


def _environment(given: Sources, dice: random.Random) -> Edit | None:
    name = _any(given.environment, dice)
    return Edit("env_var", environment={name: f"value-{dice.randrange(1000)}"}) if name else None
