with admissions as (
    select * from {{ ref('fct_admissions') }}
),

counted as (
    select
        discharge_year,
        cast(count(*) as integer) as admission_count,
        cast(sum(case when is_index_admission then 1 else 0 end) as integer) as index_count,
        cast(sum(case when is_readmitted then 1 else 0 end) as integer) as readmission_count
    from admissions
    group by discharge_year
)

select
    discharge_year,
    {{ suppress_small('admission_count', 'admission_count') }} as admission_count,
    {{ suppress_small('index_count', 'index_count') }} as index_count,
    {{ suppress_small('readmission_count', 'index_count') }} as readmission_count,
    {{ suppress_small(safe_divide('readmission_count', 'index_count'), 'index_count') }} as readmission_rate,
    index_count < {{ var('small_cell_minimum') }} as is_suppressed
from counted
