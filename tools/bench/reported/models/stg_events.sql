{{ config(materialized='view', tags=['hourly']) }}
select id, loaded_at from {{ source('app', 'events') }}
