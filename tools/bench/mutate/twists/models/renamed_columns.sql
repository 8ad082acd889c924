select x, y from {{ ref('rates') }} as r(x, y)
