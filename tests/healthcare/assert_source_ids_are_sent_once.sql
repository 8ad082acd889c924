-- Failing means: the export holds an encounter or patient more than once. Staging keeps one copy of each;
-- if the number grows from one load to the next, the loader appends where it should replace.
{{ config(severity='warn', group='healthcare') }}

select
    'encounter' as what,
    id,
    count(*) as occurrences
from {{ synthea('encounters') }}
group by id
having count(*) > 1
union all
select
    'patient' as what,
    id,
    count(*) as occurrences
from {{ synthea('patients') }}
group by id
having count(*) > 1
