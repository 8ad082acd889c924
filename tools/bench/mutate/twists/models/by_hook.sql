{{ config(post_hook="insert into {{ this }} select max(id) + 100 from {{ ref('rates') }}") }}select id from {{ ref('items') }}
