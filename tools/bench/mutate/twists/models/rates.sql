select id, rate from {{ ref('raw_rates') }}
