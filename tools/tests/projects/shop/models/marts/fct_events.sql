{{ config(materialized='incremental', unique_key='event_id') }}
select
    event_id,
    customer_id
from {{ ref('stg_events') }}
{% if is_incremental() %}
    where event_id > (select coalesce(max(event_id), 0) from {{ this }})
{% endif %}
