select id from {{ ref('items') }} where id > {{ var('scoped') }}
