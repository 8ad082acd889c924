select id, {{ listed({'eu': {'a': 1}['a'], 'us': var('rate', 8)}) }} as rate from {{ ref('stg_orders') }}
