select id from {{ ref('items') }} where amount > {{ var('limits')['low'] * 10 }}
