-- Failing means: an encounter lies outside the calendar (vars calendar_first_month and
-- calendar_last_month), so its cost and its medication are in no month.
select encounters.encounter_id
from {{ ref('int_encounters_costed') }} as encounters
left join {{ ref('int_calendar_months') }} as months
    on {{ month_of('encounters.started_at') }} = months.month_start
where months.month_start is null
