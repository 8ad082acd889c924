-- Failing means: fct_encounters lost or multiplied encounters on the way from staging, for example one
-- whose patient is not in the export, or one that arrived later than the lookback of int_encounters_costed.
with counted as (
    select
        (select count(*) from {{ ref('stg_synthea__encounters') }}) as staged_count,
        (select count(*) from {{ ref('fct_encounters') }}) as published_count
)

select *
from counted
where staged_count <> published_count
