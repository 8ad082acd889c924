select '{{ target.type }}' as engine, {{ env_var('REACH_LIMIT', '5') }} as given
