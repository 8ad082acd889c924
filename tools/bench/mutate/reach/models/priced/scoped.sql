select id, {{ var('listed')['eu'] }} as listed from {{ ref('stg_orders') }}
