select count(*) as n from (select distinct * from {{ ref('items') }})
