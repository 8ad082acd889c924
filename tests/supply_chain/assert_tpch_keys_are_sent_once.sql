-- Failing means: an order, a line or a stock position was sent more than once. Staging keeps one copy of
-- each; if the number grows from one load to the next, the loader appends where it should replace.
{{ config(severity='warn', group='supply_chain') }}

{%- for table, columns in {
    'orders': ['o_orderkey'],
    'lineitem': ['l_orderkey', 'l_linenumber'],
    'partsupp': ['ps_partkey', 'ps_suppkey'],
}.items() %}
{{ 'union all' if not loop.first }}
select
    '{{ table }}' as what,
    cast({{ columns | first }} as bigint) as first_key,
    cast({{ columns | last }} as bigint) as last_key,
    count(*) as occurrences
from {{ tpch(table) }}
group by {{ columns | join(', ') }}
having count(*) > 1
{%- endfor %}
