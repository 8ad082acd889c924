with sessions as (
    select * from {{ ref('fct_sessions') }}
),

counted as (
    select
        session_date,
        cast(sum(case when is_bot then 1 else 0 end) as integer) as bot_session_count,
        cast(sum(case when is_bot then 0 else 1 end) as integer) as session_count,
        cast(sum(case when has_viewed and not is_bot then 1 else 0 end) as integer) as viewed_count,
        cast(sum(case when has_carted and not is_bot then 1 else 0 end) as integer) as carted_count,
        cast(sum(case when has_bought and not is_bot then 1 else 0 end) as integer) as bought_count,
        cast(
            sum(case when transaction_count > 0 and not is_bot then 1 else 0 end) as integer
        ) as any_purchase_count
    from sessions
    group by session_date
)

select
    *,
    {{ safe_divide('carted_count', 'viewed_count') }} as view_to_cart_rate,
    {{ safe_divide('bought_count', 'carted_count') }} as cart_to_purchase_rate,
    {{ safe_divide('bought_count', 'viewed_count') }} as view_to_purchase_rate
from counted
