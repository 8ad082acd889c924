select {{ flags.FULL_REFRESH | string | length }} as refreshed, id from {{ ref('stg_orders') }}{% if flags.STORE_FAILURES %} where id > 1{% endif %}
