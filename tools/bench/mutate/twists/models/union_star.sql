select count(*) as n from (select * from {{ ref('items') }} union select * from {{ ref('items') }})
