-- Failing means: dim_patients shows the three digits of an area with 20,000 people or fewer, or more than
-- three.
select
    patient_key,
    zip3
from {{ ref('dim_patients') }}
where
    length(zip3) <> 3
    {%- for prefix in var('small_zip3_prefixes') %}
    or zip3 = '{{ prefix }}'
    {%- endfor %}
