"""TPC-H's own questions, asked of the supply chain marts instead of the raw tables.

    python tools/tests/tpch_on_marts.py WAREHOUSE.duckdb [SCHEMA]

prints each answer on a build over scale factor 1 beside the published one; docs/supply-chain.md lists the result. Of
the 22 questions, 13 and 16 are left out: they search the comments, which no mart holds.
"""

from __future__ import annotations

import sys
from typing import Any

QUERIES = {
    1: """
        select return_flag, line_status, sum(quantity), sum(gross_usd), sum(revenue_usd), sum(charged_usd),
            avg(quantity), avg(gross_usd), avg(discount_rate), count(*)
        from fct_deliveries where ship_date <= date '1998-09-02' group by all order by all
    """,
    2: """
        with offers as (
            select *, min(unit_cost_usd) over (partition by part_id) as least_cost_usd
            from fct_stock_cover inner join dim_suppliers using (supplier_id) where region_name = 'EUROPE'
        )
        select account_balance_usd, supplier_name, nation_name, part_id, manufacturer, supplier_address, phone
        from offers inner join dim_parts using (part_id)
        where part_size = 15 and part_type like '%BRASS' and unit_cost_usd = least_cost_usd
        order by account_balance_usd desc, nation_name, supplier_name, part_id limit 100
    """,
    3: """
        select order_id, sum(lines.revenue_usd) as revenue, orders.order_date, ship_priority
        from fct_deliveries as lines inner join fct_orders as orders using (order_id)
        inner join dim_trade_customers as customers on orders.customer_id = customers.customer_id
        where market_segment = 'BUILDING' and orders.order_date < date '1995-03-15' and ship_date > date '1995-03-15'
        group by all order by revenue desc, order_date limit 10
    """,
    4: """
        select order_priority, count(*) from fct_orders
        where order_date >= date '1993-07-01' and order_date < date '1993-10-01'
            and order_id in (select order_id from fct_deliveries where late_days > 0)
        group by all order by all
    """,
    5: """
        select customer_nation_name, sum(revenue_usd) as revenue from fct_trade_revenue_months
        where customer_nation_name = supplier_nation_name and customer_region_name = 'ASIA'
            and order_month between date '1994-01-01' and date '1994-12-01'
        group by all order by revenue desc
    """,
    6: """
        select sum(gross_usd * discount_rate) from fct_deliveries
        where ship_date between date '1994-01-01' and date '1994-12-31'
            and discount_rate between 0.05 and 0.07 and quantity < 24
    """,
    7: """
        select suppliers.nation_name, customers.nation_name, year(ship_date), sum(revenue_usd)
        from fct_deliveries inner join dim_suppliers as suppliers using (supplier_id)
        inner join dim_trade_customers as customers using (customer_id)
        where (suppliers.nation_name, customers.nation_name) in (('FRANCE', 'GERMANY'), ('GERMANY', 'FRANCE'))
            and ship_date between date '1995-01-01' and date '1996-12-31'
        group by all order by all
    """,
    8: """
        select year(order_date) as order_year,
            sum(revenue_usd) filter (suppliers.nation_name = 'BRAZIL') / sum(revenue_usd)
        from fct_deliveries inner join dim_suppliers as suppliers using (supplier_id)
        inner join dim_trade_customers as customers using (customer_id) inner join dim_parts using (part_id)
        where customers.region_name = 'AMERICA' and part_type = 'ECONOMY ANODIZED STEEL'
            and order_date between date '1995-01-01' and date '1996-12-31'
        group by all order by all
    """,
    9: """
        select nation_name, year(order_date) as order_year, sum(revenue_usd - cost_usd)
        from fct_deliveries inner join dim_suppliers using (supplier_id) inner join dim_parts using (part_id)
        where part_name like '%green%' group by all order by nation_name, order_year desc
    """,
    10: """
        select customer_id, customer_name, sum(revenue_usd) as revenue, account_balance_usd, nation_name,
            customer_address, phone
        from fct_deliveries inner join dim_trade_customers using (customer_id)
        where order_date >= date '1993-10-01' and order_date < date '1994-01-01' and return_flag = 'R'
        group by all order by revenue desc limit 20
    """,
    11: """
        with stock as (
            select part_id, sum(stock_value_usd) as usd
            from fct_stock_cover inner join dim_suppliers using (supplier_id)
            where nation_name = 'GERMANY' group by part_id
        )
        select part_id, usd from stock where usd > (select 0.0001 * sum(usd) from stock) order by usd desc
    """,
    12: """
        select ship_mode, count(*) filter (order_priority in ('1-URGENT', '2-HIGH')),
            count(*) filter (order_priority not in ('1-URGENT', '2-HIGH'))
        from fct_deliveries
        where ship_mode in ('MAIL', 'SHIP') and late_days > 0 and ship_date < commit_date
            and receipt_date between date '1994-01-01' and date '1994-12-31'
        group by all order by all
    """,
    14: """
        select 100 * sum(revenue_usd) filter (is_promotion) / sum(revenue_usd)
        from fct_deliveries inner join dim_parts using (part_id)
        where ship_date between date '1995-09-01' and date '1995-09-30'
    """,
    15: """
        select supplier_id, supplier_name, supplier_address, phone, sum(revenue_usd) as revenue
        from fct_deliveries inner join dim_suppliers using (supplier_id)
        where ship_date between date '1996-01-01' and date '1996-03-31'
        group by all order by revenue desc limit 1
    """,
    17: """
        with lines as (
            select *, avg(quantity) over (partition by part_id) as average_quantity
            from fct_deliveries inner join dim_parts using (part_id)
            where brand = 'Brand#23' and container = 'MED BOX'
        )
        select sum(gross_usd) / 7.0 from lines where quantity < 0.2 * average_quantity
    """,
    18: """
        select customer_name, customer_id, order_id, order_date, total_price_usd, quantity
        from fct_orders inner join dim_trade_customers using (customer_id)
        where quantity > 300 order by total_price_usd desc, order_date limit 100
    """,
    19: """
        select sum(revenue_usd) from fct_deliveries inner join dim_parts using (part_id)
        where ship_mode in ('AIR', 'AIR REG') and ship_instruction = 'DELIVER IN PERSON' and (
            (brand = 'Brand#12' and container in ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG')
                and quantity between 1 and 11 and part_size between 1 and 5)
            or (brand = 'Brand#23' and container in ('MED BAG', 'MED BOX', 'MED PKG', 'MED PACK')
                and quantity between 10 and 20 and part_size between 1 and 10)
            or (brand = 'Brand#34' and container in ('LG CASE', 'LG BOX', 'LG PACK', 'LG PKG')
                and quantity between 20 and 30 and part_size between 1 and 15)
        )
    """,
    20: """
        with sold as (
            select part_id, supplier_id, sum(quantity) as quantity from fct_deliveries
            where ship_date between date '1994-01-01' and date '1994-12-31' group by all
        )
        select distinct supplier_name, supplier_address
        from fct_stock_cover inner join sold using (part_id, supplier_id) inner join dim_parts using (part_id)
        inner join dim_suppliers using (supplier_id)
        where part_name like 'forest%' and available_quantity > 0.5 * sold.quantity and nation_name = 'CANADA'
        order by supplier_name
    """,
    21: """
        with orders as (
            select order_id, count(distinct supplier_id) as suppliers,
                count(distinct supplier_id) filter (late_days > 0) as late_suppliers
            from fct_deliveries group by order_id
        )
        select supplier_name, count(*) as waiting
        from fct_deliveries inner join orders using (order_id) inner join fct_orders using (order_id)
        inner join dim_suppliers using (supplier_id)
        where nation_name = 'SAUDI ARABIA' and order_status = 'F' and late_days > 0
            and suppliers > 1 and late_suppliers = 1
        group by all order by waiting desc, supplier_name limit 100
    """,
    22: """
        with customers as (
            select *, substring(phone, 1, 2) as code from dim_trade_customers
            where code in ('13', '31', '23', '29', '30', '18', '17')
        )
        select code, count(*), sum(account_balance_usd) from customers
        where account_balance_usd > (select avg(account_balance_usd) from customers where account_balance_usd > 0)
            and customer_id not in (select customer_id from fct_orders)
        group by all order by all
    """,
}

# Of the answers that are published for scale factor 1: the number of rows, and how the first begins.
PUBLISHED = {
    1: (4, "A|F|37734107.00|56586554400.73|53758257134.8700|55909065222.827692"),
    2: (100, "9938.53|Supplier#000005359|UNITED KINGDOM|185358"),
    3: (10, "2456423|406181.0111"),
    4: (5, "1-URGENT|10594"),
    5: (5, "INDONESIA|55502041.1697"),
    6: (1, "123141078.2283"),
    7: (4, "FRANCE|GERMANY|1995|54639732.7336"),
    8: (2, "1995|0.03443589040"),
    9: (175, "ALGERIA|1998|27136900.1803"),
    10: (20, "57040|Customer#000057040|734235.2455"),
    11: (1048, "129760|17538456.86"),
    12: (2, "MAIL|6202|9324"),
    14: (1, "16.3807786263955"),
    15: (1, "8449|Supplier#000008449|Wp34zim9qYFbVctdW|20-469-856-8873|1772627.2087"),
    17: (1, "348406.05428571"),
    18: (57, "Customer#000128120|128120|4722021|1994-04-07|544089.09|323"),
    19: (1, "3083843.0578"),
    20: (186, "Supplier#000000020"),
    21: (100, "Supplier#000002829|20"),
    22: (7, "13|888|6737713.99"),
}


def answers(connection: Any) -> dict[int, list[tuple[Any, ...]]]:
    """The rows of each query on the marts that the connection's current schema holds."""
    return {number: connection.execute(sql).fetchall() for number, sql in QUERIES.items()}


if __name__ == "__main__":
    import duckdb

    with duckdb.connect(sys.argv[1], read_only=True) as warehouse:
        warehouse.execute(f"use {sys.argv[2] if len(sys.argv) > 2 else 'main_supply_chain_marts'}")
        for number, rows in answers(warehouse).items():
            first = "|".join(str(value) for value in rows[0]) if rows else ""
            count, start = PUBLISHED[number]
            agrees = len(rows) == count and first.startswith(start)
            print(f"Q{number}: {'as published' if agrees else f'DIFFERS from {start}'}, {len(rows)} rows: {first}")
