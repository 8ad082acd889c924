with stays as (
    select * from {{ ref('int_encounters_inpatient') }}
),

preceded as (
    -- The latest end so far, not the previous row's: a short stay may lie within a long one.
    select
        *,
        max(stopped_at) over (
            partition by patient_id
            order by started_at, encounter_id
            rows between unbounded preceding and 1 preceding
        ) as previous_stop_at
    from stays
),

marked as (
    -- A stay that begins on the day the last one ended, or the next, is a transfer: one admission goes on.
    select
        *,
        case
            when {{ days_between('previous_stop_at', 'started_at') }} <= {{ var('transfer_gap_days') }} then 0
            else 1
        end as opens_admission
    from preceded
),

numbered as (
    select
        *,
        sum(opens_admission) over (
            partition by patient_id
            order by started_at, encounter_id
            rows between unbounded preceding and current row
        ) as admission_number
    from marked
)

select
    min(case when opens_admission = 1 then encounter_id end) as admission_id,
    patient_id,
    cast(admission_number as integer) as admission_number,
    min(started_at) as admitted_at,
    max(stopped_at) as discharged_at,
    cast(count(*) as integer) as stay_count,
    cast(sum(total_cost_usd) as numeric(18, 2)) as total_cost_usd,
    max(case when opens_admission = 1 and is_planned then 1 else 0 end) = 1 as is_planned
from numbered
group by patient_id, admission_number
