with covered as (
    select
        *,
        {{ safe_divide('covered_days', 'treatment_days') }} as proportion_of_days_covered,
        -- Too short a treatment, or a single dispense, says nothing about continuity.
        treatment_days >= {{ var('pdc_minimum_treatment_days') }}
        and covered_days > {{ var('days_per_dispense') }} as is_evaluable
    from {{ ref('int_medications_covered') }}
)

select
    {{ hash_identifier('patient_id') }} as patient_key,
    drug_class,
    calendar_year,
    covered_days,
    treatment_days,
    proportion_of_days_covered,
    is_evaluable,
    case when is_evaluable then proportion_of_days_covered >= {{ var('pdc_threshold') }} end as is_adherent
from covered
