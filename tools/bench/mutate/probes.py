"""What few projects have and no plan may overlook: a large seed, and models that read variables and the environment."""

from __future__ import annotations

from pathlib import Path

import yaml

VARIABLE = "mutation_threshold"
_NAME = "mutation_probe"


def lay_in(root: Path) -> None:
    """Add a seed beyond the size up to which dbt compares contents, readers of it, and readers of settings."""
    settings = yaml.safe_load((root / "dbt_project.yml").read_text(encoding="utf-8"))
    seeds = root / settings.get("seed-paths", ["seeds"])[0]
    models = root / settings.get("model-paths", ["models"])[0] / _NAME
    macros = root / settings.get("macro-paths", ["macros"])[0]
    for folder in (seeds, models, macros):
        folder.mkdir(parents=True, exist_ok=True)
    words = "abcdefgh" * 140
    rows = (f"{number},{number * 7 % 13},{words}" for number in range(1000))
    (seeds / f"{_NAME}_large.csv").write_text("\n".join(["id,score,text", *rows]) + "\n", encoding="utf-8")
    (macros / f"{_NAME}_limit.sql").write_text(
        f"{{% macro {_NAME}_limit() %}}{{{{ var('{VARIABLE}', 3) }}}} + 0{{% endmacro %}}\n", encoding="utf-8"
    )
    texts = {
        "scores": f"select id, score, length(text) as length from {{{{ ref('{_NAME}_large') }}}}\n",
        "by_variable": f"select * from {{{{ ref('{_NAME}_scores') }}}} where score > {{{{ {_NAME}_limit() }}}}\n",
        "by_environment": "select id, '{{ env_var('MUTATION_REGION', 'eu') }}' as region\n"
        f"from {{{{ ref('{_NAME}_scores') }}}}\n",
        "summary": f"select region, count(*) as ids from {{{{ ref('{_NAME}_by_environment') }}}} group by region\n",
    }
    for name, text in texts.items():
        (models / f"{_NAME}_{name}.sql").write_text(text, encoding="utf-8")
    text = (root / "dbt_project.yml").read_text(encoding="utf-8")
    if settings.get("vars"):
        text = text.replace("\nvars:", f"\nvars:\n  {VARIABLE}: 3", 1)
    else:
        text += f"\nvars:\n  {VARIABLE}: 3\n"
    (root / "dbt_project.yml").write_text(text, encoding="utf-8")
