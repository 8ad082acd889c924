{{ config(materialized='incremental', incremental_strategy='insert_overwrite', partition_by='sold_on') }}
select
    sum(amount) as amount,
    count(*) as sales,
    sold_on
from {{ ref('fct_sales') }}
{% if is_incremental() %}
    where sold_on >= (select max(sold_on) from {{ this }})
{% endif %}
group by sold_on
