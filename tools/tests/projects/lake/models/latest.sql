{{ config(materialized='view') }}
select edition from {{ ref('published') }}
