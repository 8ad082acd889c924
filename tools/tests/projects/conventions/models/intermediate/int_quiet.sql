{{ config(materialized='ephemeral') }}
select 1 as id from {{ ref('int_orders_late') }}
