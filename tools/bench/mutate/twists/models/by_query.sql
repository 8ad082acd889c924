{% set parent = ref('items') %}{% set found = run_query('select sum(amount) from ' ~ parent).columns[0][0] if execute else 0 %}select {{ found }} as total
