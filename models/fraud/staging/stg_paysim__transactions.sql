with source as (
    select * from {{ paysim('transactions') }}
)

select
    cast(step as integer) as step,
    cast(type as {{ dbt.type_string() }}) as transaction_type,
    cast(amount as numeric(18, 2)) as amount,
    cast(nameorig as {{ dbt.type_string() }}) as origin_id,
    cast(oldbalanceorg as numeric(18, 2)) as origin_old_balance,
    cast(newbalanceorig as numeric(18, 2)) as origin_new_balance,
    cast(namedest as {{ dbt.type_string() }}) as destination_id,
    cast(oldbalancedest as numeric(18, 2)) as destination_old_balance,
    cast(newbalancedest as numeric(18, 2)) as destination_new_balance,
    cast(isfraud as integer) = 1 as is_fraud,
    cast(isflaggedfraud as integer) = 1 as is_flagged_by_source
from source
{% if var('paysim_last_step') %}
where cast(step as integer) <= {{ var('paysim_last_step') }}
{% endif %}
