select id, tag from {{ ref('items') }}, unnest(tags) as t(tag)
