{{ config(materialized='view', schema='Shelf Two', alias='Shelved IN Order') }}
select edition from {{ ref('bound') }}
