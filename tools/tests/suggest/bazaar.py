"""A dbt project whose relations are made by hand: columns that tests are proposed for, and columns to leave alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.monitors.package import PACKAGE
from tests.shop import Shop, dump

CUSTOMERS, ORDERS, DAYS = 400, 20_000, 312

MODELS = {
    "dim_customers": "select * from {{ source('raw', 'customers') }}",
    "fct_orders": "select * from {{ source('raw', 'orders') }}",
    "order_lines": "select * from {{ ref('fct_orders') }}",
    "never_built": "select 1 as id",
    "seen": "select * from {{ ref('dim_customers') }}",
}
YAML = """\
# What the shop sells, and to whom.
models:
  - name: fct_orders   # one row per order
    description: "{{ doc('orders') }}"
    columns:
      - name: order_id
        data_tests: [unique]   # found by hand
      - {name: status, description: "Where it is"}
      - name: select
        quote: true

  # A dimension.
  - name: dim_customers
    columns:
      - name: email
        config: {tags: [pii]}
"""
SOURCES: list[dict[str, Any]] = [
    {
        "name": "raw",
        "schema": "{{ target.schema }}",
        "tables": [
            {"name": "customers", "identifier": "dim_customers", "columns": [
                {"name": name, "config": {"tags": ["pii"]}} for name in ("email", "blood_group")
            ]},
            {"name": "orders", "identifier": "fct_orders"},
            {"name": "nothing", "identifier": "nothing"},
            {"name": "blank"},
            {"name": "few"},
            {"name": "wild"},
        ],
    },
    {"name": "elsewhere", "database": "elsewhere", "schema": "main", "tables": [{"name": "far"}]},
]  # fmt: skip


def statements(schema: str) -> list[str]:
    """The tables, in SQL that DuckDB and PostgreSQL read alike."""
    day = "timestamp '2023-01-02 00:00:00' + n * interval '1 day'"
    orders = f"""
        select
            row_number() over (order by d.n, i.n) as order_id,
            1 + (d.n * 37 + i.n * 11) % {CUSTOMERS} as customer_id,
            {day.replace("n *", "d.n *")} + i.n * interval '7 minutes' as ordered_at,
            case (d.n + i.n) % 5 when 0 then 'placed' when 1 then 'paid' when 2 then 'sent' when 3 then 'returned'
                else 'done' end as status,
            cast(5 + (d.n * 13 + i.n * 7) % 900 / 10.0 as numeric(18, 2)) as amount,
            cast((i.n * 7) % 91 as numeric(5, 1)) as discount_percent,
            'written by hand ' || d.n || ' ' || i.n as note,
            case when i.n % 2 = 0 then 'a' else 'b' end as "select",
            case when i.n % 3 = 0 then 'rot' else 'grün' end as "größe in cm"
        from generate_series(0, {DAYS + 1}) d(n), generate_series(1, 80) i(n)
        where i.n <= case d.n % 7 when 5 then 30 when 6 then 20 else 70 + d.n % 9 end
    """
    customers = f"""
        select
            n as customer_id,
            'name ' || n as customer_name,
            case n % 3 when 0 then 'gold' when 1 then 'silver' else 'bronze' end as tier,
            'someone' || n % 2 || '@example.com' as email,
            case n % 2 when 0 then 'Lyon' else 'Kyiv' end as blood_group,
            (n % 100) / 100.0 as churn_probability,
            cast(null as integer) as nothing_yet
        from generate_series(1, {CUSTOMERS}) c(n)
    """
    lines = f"""
        select o.order_id, l.n as line_number, 1 + l.n * 3 as quantity
        from {schema}.fct_orders o, generate_series(1, 3) l(n) where l.n <= 1 + o.order_id % 3
    """
    wild = """
        select
            n as wild_id,
            cast(case n % 3 when 0 then 'NaN' when 1 then 'Infinity' else '0.5' end as double precision) as hit_rate,
            cast(case when n % 10 = 0 then 'infinity' else '2023-01-01' end as timestamp) as seen_at,
            case when n % 2 = 0 then 'так' else 'ні' end as "підтверджено"
        from generate_series(1, 100) w(n)
    """
    made = {
        "dim_customers": customers,
        "fct_orders": orders,
        "order_lines": lines,
        "nothing": "select 1 as nothing_id, 'x' as status where 1 = 0",
        "blank": "select cast(null as integer) as blank_id, cast(null as timestamp) as seen_at "
        "from generate_series(1, 100) b(n)",
        "few": "select n as few_id from generate_series(1, 29) f(n)",
        "wild": wild,
    }
    return [
        *(f"create table {schema}.{name} as {sql}" for name, sql in made.items()),
        f"create view {schema}.seen as select * from {schema}.dim_customers",
    ]


def lay_out(root: Path, output: dict[str, Any], with_package: bool = True) -> Shop:
    """The project's files. Its tables are made by `statements`."""
    shop = Shop(root, root)
    project: dict[str, Any] = {"name": "bazaar", "profile": "bazaar", "flags": {"send_anonymous_usage_stats": False}}
    shop.write("dbt_project.yml", dump(project))
    shop.write("profiles.yml", dump({"bazaar": {"target": "dev", "outputs": {"dev": output}}}))
    for name, sql in MODELS.items():
        shop.write(f"models/{name}.sql", f"{sql}\n")
    shop.write("models/models.yml", YAML)
    shop.write("models/sources.yml", dump({"sources": SOURCES}))
    shop.write("models/docs.md", "{% docs orders %}Orders.{% enddocs %}\n")
    if with_package:
        shop.write("packages.yml", dump({"packages": [{"local": str(PACKAGE)}]}))
        (root / "dbt_packages").mkdir()
        (root / "dbt_packages" / "dataops_toolkit").symlink_to(PACKAGE)
    shop.git("init", "-q", "-b", "main")
    shop.commit("first")
    return shop
