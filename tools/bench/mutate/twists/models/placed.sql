{{ config(alias='placed_here') }}select 1 as one
