with r(x, y) as (select * from {{ ref('rates') }}) select x, y from r
