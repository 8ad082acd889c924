with lines as (
    select * from {{ ref('int_lines_delivered') }}
),

as_of as (
    select * from {{ ref('int_supply_as_of') }}
),

-- A line is judged once its promised day has come, received or not.
judged as (
    select
        lines.supplier_id,
        {{ month_of('lines.commit_date') }} as due_month,
        case when lines.receipt_date <= lines.commit_date then 1 else 0 end as is_on_time,
        case
            when lines.receipt_date <= as_of.as_of_date and lines.return_flag <> 'R' then 1 else 0
        end as is_in_full
    from lines
    inner join as_of on lines.commit_date <= as_of.as_of_date
    where lines.has_known_parties and not lines.has_impossible_dates
),

counted as (
    select
        supplier_id,
        due_month,
        cast(count(*) as integer) as due_count,
        cast(sum(is_on_time) as integer) as on_time_count,
        cast(sum(is_in_full) as integer) as in_full_count,
        cast(sum(is_on_time * is_in_full) as integer) as on_time_in_full_count
    from judged
    group by supplier_id, due_month
)

select
    *,
    {{ safe_divide('on_time_count', 'due_count') }} as on_time_rate,
    {{ safe_divide('in_full_count', 'due_count') }} as in_full_rate,
    {{ safe_divide('on_time_in_full_count', 'due_count') }} as on_time_in_full_rate
from counted
