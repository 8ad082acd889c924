select id, {{ money.net('amount') }} as net, {{ money.gross('amount') }} as gross from {{ ref('stg_orders') }}
