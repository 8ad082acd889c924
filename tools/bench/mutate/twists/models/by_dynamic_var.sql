{% set name = 'suf' ~ 'fix' %}select '{{ var(name) }}' as suffix
