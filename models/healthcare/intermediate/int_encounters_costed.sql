{{
    config(
        materialized='incremental',
        unique_key='encounter_id',
        on_schema_change='fail'
    )
}}

with encounters as (
    select * from {{ ref('stg_synthea__encounters') }}
),

payers as (
    select * from {{ ref('stg_synthea__payers') }}
)

select
    encounters.encounter_id,
    encounters.patient_id,
    encounters.encounter_class,
    encounters.encounter_code,
    encounters.encounter_description,
    encounters.reason_code,
    encounters.reason_description,
    encounters.started_at,
    encounters.stopped_at,
    encounters.has_impossible_dates,
    encounters.total_cost_usd,
    encounters.payer_paid_usd,
    coalesce(payers.payer_name, 'Unknown') as payer_name,
    cast(encounters.total_cost_usd - encounters.payer_paid_usd as numeric(18, 2)) as patient_paid_usd
from encounters
left join payers on encounters.payer_id = payers.payer_id
{% if is_incremental() %}
-- Encounters reach us up to so many days late; older ones are taken up by a full refresh. Whatever is read
-- again replaces its earlier copy, so a rerun changes nothing.
where
    encounters.started_at >= (
        select {{ dbt.dateadd('day', -var('late_arrival_days'), 'max(loaded.started_at)') }}
        from {{ this }} as loaded
    )
{% endif %}
