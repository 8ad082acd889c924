with encounters as (
    select * from {{ ref('stg_synthea__encounters') }}
)

-- "Today" is the newest day in the data, so that a rerun of old data gives the old figures.
select
    coalesce(
        cast(nullif('{{ var("as_of_date") }}', '') as date),
        cast(max(started_at) as date)
    ) as as_of_date
from encounters
where not has_impossible_dates
