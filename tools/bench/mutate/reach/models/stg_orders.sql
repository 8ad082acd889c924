select id, amount, kind from {{ source('files', 'orders') }}
