{{ config(schema='Shelf Two', alias='stacked_' ~ 'n' * 55) }}
select edition from {{ ref('shelved') }}
