with medications as (
    select * from {{ ref('stg_synthea__medications') }}
),

drugs as (
    select * from {{ ref('maintenance_drug_codes') }}
),

as_of as (
    select * from {{ ref('int_calendar_as_of') }}
),

supplied as (
    -- The export has no days' supply: each dispense lasts so many days, and no order lasts longer than it
    -- ran.
    select
        medications.patient_id,
        drugs.drug_class,
        drugs.ingredient,
        medications.drug_code,
        cast(medications.started_at as date) as started_date,
        least(
            medications.dispense_count * {{ var('days_per_dispense') }},
            {{ days_between('medications.started_at', 'coalesce(medications.stopped_at, as_of.as_of_date)') }}
        ) as supply_days
    from medications
    inner join drugs on medications.drug_code = drugs.drug_code
    cross join as_of
),

accumulated as (
    select
        *,
        sum(supply_days) over (
            partition by patient_id, ingredient
            order by started_date, supply_days, drug_code
            rows between unbounded preceding and current row
        ) - supply_days as earlier_supply_days
    from supplied
    -- An order that is replaced on its own day supplied nothing.
    where supply_days > 0
),

shifted as (
    -- A refill fetched early is taken when the last one is used up. The start of each supply is the latest,
    -- over it and those before it, of (fetched on + supply of the orders between); this is that sum less
    -- one constant.
    select
        *,
        max({{ days_after('started_date', '-cast(earlier_supply_days as integer)') }}) over (
            partition by patient_id, ingredient
            order by started_date, supply_days, drug_code
            rows between unbounded preceding and current row
        ) as base_date
    from accumulated
)

select
    patient_id,
    drug_class,
    ingredient,
    started_date,
    cast(supply_days as integer) as supply_days,
    {{ days_after('base_date', 'cast(earlier_supply_days as integer)') }} as covered_from_date,
    {{ days_after('base_date', 'cast(earlier_supply_days + supply_days - 1 as integer)') }} as covered_to_date
from shifted
