select count(*) as n from (select *, count(*) as c from {{ ref('items') }} group by all)
