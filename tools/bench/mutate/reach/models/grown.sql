{{ config(materialized='incremental', unique_key='id') }}
select id, taxed from {{ ref('of_rates') }}
{% if is_incremental() %}where id > 0{% endif %}
