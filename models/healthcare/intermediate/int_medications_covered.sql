with periods as (
    select * from {{ ref('int_medications_merged') }}
),

years as (
    select
        calendar_year,
        min(month_start) as first_date,
        max(month_end) as last_date
    from {{ ref('int_calendar_months') }}
    group by calendar_year
),

patients as (
    select * from {{ ref('int_patients_generalised') }}
),

as_of as (
    select * from {{ ref('int_calendar_as_of') }}
),

clipped as (
    -- The part of each period that lies in a year, and the last day of that year on which it could have
    -- lain.
    select
        periods.patient_id,
        periods.drug_class,
        years.calendar_year,
        greatest(periods.covered_from_date, years.first_date) as from_date,
        periods.covered_to_date,
        least(years.last_date, as_of.as_of_date, coalesce(patients.death_date, as_of.as_of_date)) as last_date
    from periods
    inner join patients on periods.patient_id = patients.patient_id
    inner join years
        on periods.covered_from_date <= years.last_date and periods.covered_to_date >= years.first_date
    cross join as_of
)

select
    patient_id,
    drug_class,
    calendar_year,
    cast(
        sum({{ days_between('from_date', 'least(covered_to_date, last_date)') }} + 1) as integer
    ) as covered_days,
    cast({{ days_between('min(from_date)', 'max(last_date)') }} + 1 as integer) as treatment_days
from clipped
where from_date <= last_date
group by patient_id, drug_class, calendar_year
