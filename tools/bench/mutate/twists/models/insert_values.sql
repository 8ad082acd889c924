select * from (values (1, 2)) as v(a, b) cross join (select count(*) as n from {{ ref('rates') }})
