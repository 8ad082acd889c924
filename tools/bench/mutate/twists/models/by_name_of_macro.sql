{% set which = 'plus_' ~ 'one' %}select {{ context[which]('id') }} as id from {{ ref('items') }}
