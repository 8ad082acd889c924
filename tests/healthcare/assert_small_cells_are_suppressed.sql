-- Failing means: a published aggregate shows a group of fewer than `small_cell_minimum` people or
-- admissions.
select
    'fct_monthly_costs' as mart,
    cast(cost_month as {{ dbt.type_string() }}) as period
from {{ ref('fct_monthly_costs') }}
where
    coalesce(member_count, 0) < {{ var('small_cell_minimum') }}
    and coalesce(member_count, medical_pmpm_usd, pharmacy_pmpm_usd, total_pmpm_usd) is not null
union all
select
    'fct_readmission_rates' as mart,
    cast(discharge_year as {{ dbt.type_string() }}) as period
from {{ ref('fct_readmission_rates') }}
where
    (admission_count < {{ var('small_cell_minimum') }})
    or (
        coalesce(index_count, 0) < {{ var('small_cell_minimum') }}
        and coalesce(index_count, readmission_count, readmission_rate) is not null
    )
