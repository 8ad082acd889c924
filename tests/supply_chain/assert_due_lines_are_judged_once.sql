-- Failing means: lines whose promised day has come are missing from the suppliers' months, or counted twice.
with due as (
    select count(*) as line_count
    from {{ ref('fct_deliveries') }} as lines
    inner join {{ ref('int_supply_as_of') }} as as_of on lines.commit_date <= as_of.as_of_date
    where lines.has_known_parties and not lines.has_impossible_dates
),

judged as (
    select coalesce(sum(due_count), 0) as line_count
    from {{ ref('fct_supplier_service_months') }}
)

select
    due.line_count as due_count,
    judged.line_count as judged_count
from due
cross join judged
where due.line_count <> judged.line_count
