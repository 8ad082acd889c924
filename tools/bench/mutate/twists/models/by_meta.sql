{{ config(meta={'factor': 3}) }}select id * {{ config.get('meta')['factor'] }} as id from {{ ref('items') }}
