{% set parent = ref('items') %}{% set found = adapter.get_columns_in_relation(parent) if execute else [] %}select {{ found | length }} as n
