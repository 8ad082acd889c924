{{ config(materialized='incremental') }}
select edition from {{ ref('published') }}
{% if is_incremental() %}where edition not in (select edition from {{ this }}){% endif %}
