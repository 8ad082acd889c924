{{ config(materialized='view', quoting={'identifier': false}) }}

select id from {{ ref('totals') }}
