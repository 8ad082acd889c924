{{
    config(
        materialized='incremental',
        unique_key='id',
        incremental_strategy='delete+insert',
        on_schema_change='append_new_columns',
        pre_hook="select 1",
        post_hook=["select 2", "select 3"],
        persist_docs={'relation': true},
        schema='mart',
        alias='all_orders',
        indexes=[{'columns': ['id']}],
    )
}}

select id, amount from {{ ref('prices') }}
{% if is_incremental() %} where id > (select max(id) from {{ this }}) {% endif %}
