{{ config(materialized='incremental', incremental_strategy='append', partition_by='sold_on') }}
select
    sale_id,
    current_timestamp() as logged_at,
    sold_on
from {{ ref('stg_sales') }}
{% if is_incremental() %}
    where sale_id > (select max(sale_id) from {{ this }})
{% endif %}
