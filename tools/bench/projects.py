"""Generates dbt projects of any size for the benchmarks: layered like real ones, deterministic, no data to fetch.

A tenth of the models read seeds ("staging"); every other model reads two models of the layer above it, so one
changed model reaches a realistic number of others. Each model has a tested key and a description per column.
"""

from __future__ import annotations

import random
from pathlib import Path

LAYERS = 6
SEEDS = 10


def generate(folder: Path, models: int = 1000, rows: int = 50) -> list[str]:
    """Write a dbt project of `models` models into `folder`; returns the models' names in build order."""
    dice = random.Random(7)
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "profiles").mkdir(exist_ok=True)
    (folder / "dbt_project.yml").write_text(
        "name: generated\nprofile: generated\nversion: '1.0'\n"
        "flags: {send_anonymous_usage_stats: false}\n"
        "models: {generated: {+materialized: table, layer_0: {+materialized: view}}}\n"
    )
    outputs = "".join(
        f"    {target}: {{type: duckdb, path: {target}.duckdb, threads: 2}}\n" for target in ("ci", "prod")
    )
    (folder / "profiles" / "profiles.yml").write_text(f"generated:\n  target: prod\n  outputs:\n{outputs}")
    (folder / ".sqlfluff").write_text(
        "[sqlfluff]\ntemplater = dbt\ndialect = duckdb\nmax_line_length = 120\n"
        "[sqlfluff:templater:dbt]\nproject_dir = .\nprofiles_dir = profiles\n"
    )
    (folder / ".gitignore").write_text("target/\nlogs/\n*.duckdb\n.dataops/\n")
    (folder / "macros").mkdir(exist_ok=True)
    (folder / "macros" / "rounded.sql").write_text("{% macro rounded(column) %}round({{ column }}, 2){% endmacro %}\n")
    _seeds(folder / "seeds", dice, rows)
    return _models(folder / "models", dice, models)


def _seeds(folder: Path, dice: random.Random, rows: int) -> None:
    folder.mkdir(exist_ok=True)
    for number in range(SEEDS):
        lines = [f"{i},{dice.randint(1, 500)},{'abc'[i % 3]}" for i in range(rows)]
        (folder / f"raw_{number}.csv").write_text("id,amount,kind\n" + "\n".join(lines) + "\n")


def _models(folder: Path, dice: random.Random, count: int) -> list[str]:
    layers: list[list[str]] = [[f"raw_{n}" for n in range(SEEDS)]]
    names: list[str] = []
    for layer in range(LAYERS):
        place = folder / f"layer_{layer}"
        place.mkdir(parents=True, exist_ok=True)
        share = count // 10 if layer == 0 else (count - count // 10) // (LAYERS - 1)
        if layer == LAYERS - 1:
            share = count - len(names)
        above, current, sheets = layers[-1], [], []
        for number in range(share):
            name = f"m{layer}_{number:04d}"
            parents = sorted(dice.sample(above, 2))
            (place / f"{name}.sql").write_text(_sql(parents))
            sheets.append(_sheet(name))
            current.append(name)
        (place / f"layer_{layer}.yml").write_text("models:\n" + "".join(sheets))
        layers.append(current)
        names += current
    return names


def _sql(parents: list[str]) -> str:
    left, right = parents
    return (
        f"with left_side as (\n    select * from {{{{ ref('{left}') }}}}\n),\n\n"
        f"right_side as (\n    select * from {{{{ ref('{right}') }}}}\n)\n\n"
        "select\n    left_side.id,\n    {{ rounded('left_side.amount + right_side.amount / 10') }} as amount,\n"
        "    left_side.kind\nfrom left_side\ninner join right_side on left_side.id = right_side.id\n"
    )


def _sheet(name: str) -> str:
    return (
        f"  - name: {name}\n    description: A generated model.\n    columns:\n"
        "      - name: id\n        description: Key.\n        data_tests: [unique, not_null]\n"
        "      - name: amount\n        description: A number.\n"
        "      - name: kind\n        description: A letter.\n"
    )
