"""Two tables of orders, alike but for a known change, made by SQL alone: the same on every run and every machine.

`base.orders` is production; `head.orders` is what a change made of it: a tenth of a per cent of the rows modified, 95 %
of them in Germany, one row in 10,000 removed and as many added.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

KEY = "order_id"
COLUMNS = (
    "order_id",
    "customer_id",
    "quantity",
    "unit_price",
    "amount",
    "country",
    "email",
    "ordered_date",
    "ordered_at",
    "is_paid",
)
SHARES = {"DE": 3, "US": 3, "GB": 2, "FR": 2, "ES": 2, "IT": 2, "NL": 2, "PL": 2, "SE": 1, "AT": 1, "BE": 1, "CH": 1}
COUNTRIES = [country for country, share in SHARES.items() for _ in range(share)] + ["DK", "NO", "FI"]

# A hash of the row's number and the column's makes each value look random and stay the same.
_ROW = f"""
    i as order_id,
    (hash(i, 1) % 2000000)::integer as customer_id,
    (1 + hash(i, 2) % 12)::integer as quantity,
    case when hash(i, 3) % 50 > 0 then (hash(i, 4) % 1000000) / 777.0 end as unit_price,
    ((hash(i, 5) % 500000) / 100)::decimal(12, 2) as amount,
    ({COUNTRIES!r})[(1 + hash(i, 6) % {len(COUNTRIES)})::integer] as country,
    case when hash(i, 7) % 20 > 0
        then concat('customer.', hash(i, 1) % 2000000, '@', chr((97 + hash(i, 8) % 26)::integer), 'mail.example')
    end as email,
    date '2022-01-01' + (hash(i, 9) % 1400)::integer as ordered_date,
    timestamp '2022-01-01' + to_microseconds((hash(i, 10) % 120960000000000)::bigint) as ordered_at,
    hash(i, 11) % 4 > 0 as is_paid
"""
# A share of 3 in 25 is German: 8 in 1,000 of them are 0.095 % of all rows.
_MODIFIED = "case when country = 'DE' then hash(order_id, 20) % 1000 < 8 else hash(order_id, 20) % 18000 < 1 end"


def make(file: Path, rows: int) -> None:
    """Write both tables into a new DuckDB file."""
    with duckdb.connect(str(file), config={"threads": 2}) as connection:
        connection.execute("create schema base; create schema head")
        connection.execute(f"create table base.orders as select {_ROW} from range({rows}) numbers(i)")
        connection.execute(
            f"""
            create table head.orders as
            select * replace (
                case when {_MODIFIED} then unit_price * 1.1 else unit_price end as unit_price,
                case when {_MODIFIED} then amount + 1.5 else amount end::decimal(12, 2) as amount,
                case when {_MODIFIED} and hash(order_id, 21) % 4 = 0 then not is_paid else is_paid end as is_paid
            )
            from base.orders
            where hash(order_id, 22) % 10000 > 0
            union all
            select {_ROW} from range({rows}, {rows + rows // 10000}) numbers(i)
            """
        )
