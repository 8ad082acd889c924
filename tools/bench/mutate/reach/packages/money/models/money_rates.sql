select 1 as id, 20 as rate
union all
select 2 as id, 7 as rate
