"""What is wrong with a project is said with the file and the cause, whatever dbt's own message leaves out."""

from __future__ import annotations

from tests.shop import Shop, refused

SEMANTIC = """
models:
  - name: spine
    time_spine: {standard_granularity_column: day}
    columns: [{name: day, granularity: day}]
semantic_models:
  - name: sales
    model: ref('published')
    entities: [{name: sale, type: primary, expr: edition}]
    measures: [{name: sold, agg: sum, expr: edition}]
metrics:
  - {name: sold, label: Sold, type: simple, type_params: {measure: sold}}
"""

WRONG: list[tuple[dict[str, str | bytes], tuple[str, ...]]] = [
    ({"models/a.sql": b"select\n'\xff' as a"}, ("models/a.sql is not UTF-8: byte 0xff in line 2", "save it as UTF-8")),
    ({"models/a.yml": b"models:\n  - name: published\n    description: \xe9\n"}, ("models/a.yml is not UTF-8",)),
    ({"seeds/a.csv": b"id,name\n1,\xe9t\xe9\n"}, ("seeds/a.csv is not UTF-8: byte 0xe9 in line 2",)),
    ({"macros/a.sql": b"{% macro a() %}\xff{% endmacro %}"}, ("macros/a.sql is not UTF-8",)),
    ({"models/a.md": b"{% docs a %}\xff{% enddocs %}"}, ("models/a.md is not UTF-8",)),
    ({"packages.yml": b"# \xff\n"}, ("packages.yml is not UTF-8",)),
    ({"macros/a.sql": "{% macro a( %} x {% endmacro %}"}, ("macros/a.sql: ", "expected token 'name'")),
    ({"macros/a.sql": "{% macro a() %} x "}, ("macros/a.sql: ", "Reached EOF")),
    (
        {"macros/a.sql": "{% macro generate_schema_name(name, node) %}{{ 1 / 0 }}{% endmacro %}"},
        ("macros/a.sql: ", "division by zero"),
    ),
    ({"models/a.sql": "select '{{ env_var(\"NOT_SET\") }}' as a"}, ("models/a.sql: ", "'NOT_SET'")),
    ({"models/a.py": "def model(dbt, session:\n    return 1\n"}, ("models/a.py: ", "was never closed")),
    (
        {"models/a.sql": "select * from {{ ref('b') }}", "models/b.sql": "select * from {{ ref('a') }}"},
        ("has a cycle", "models/a.sql", "models/b.sql"),
    ),
    (
        {"models/spine.sql": "select date '2024-01-01' as day\n", "models/layer.yml": SEMANTIC},
        ("models/layer.yml: ", "Semantic Manifest validation failed", "Aggregation time dimension"),
    ),
]


def test_the_file_and_the_cause_are_named(editions: Shop) -> None:
    for files, words in WRONG:
        for path, content in files.items():
            place = editions.root / path
            place.parent.mkdir(exist_ok=True)
            place.write_bytes(content if isinstance(content, bytes) else content.encode())
        refused(editions.run("plan"), *words)
        for path in files:
            editions.remove(path)
    assert editions.plan()["changes"] == []


def test_a_microbatch_model_says_why_its_batches_failed(editions: Shop) -> None:
    editions.write(
        "models/daily.sql",
        "{{ config(materialized='incremental', incremental_strategy='microbatch', event_time='day', "
        "begin='2024-01-01', batch_size='year') }}\nselect current_date as day, nowhere as a\n",
    )
    found = editions.run("ci")
    assert found.code == 1
    assert "ERROR daily models/daily.sql ERROR: " in found.out
    assert '"nowhere" was not found' in found.out.replace("\n", " ")
