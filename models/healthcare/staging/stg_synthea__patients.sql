with source as (
    select * from {{ synthea('patients') }}
),

numbered as (
    -- A patient may be exported more than once: the copy that knows of a death is the newer one.
    select
        *,
        row_number() over (
            partition by id
            order by case when deathdate is null then 1 else 0 end asc, deathdate desc, address desc, zip desc
        ) as copy_number
    from source
)

select
    id as patient_id,
    {{ day_of('birthdate') }} as birth_date,
    {{ day_of('deathdate') }} as death_date,
    marital as marital_status,
    -- DuckDB keeps the capitals of a CSV header unless the name is given again
    race as race,
    ethnicity as ethnicity,
    gender as gender,
    city as city,
    county as county,
    state as state,
    cast(zip as {{ dbt.type_string() }}) as zip
from numbered
where copy_number = 1
