-- Failing means: a feature looks at its own or a later hour, as an account with no earlier entry has a
-- history.
with seen as (
    select
        account_id,
        min(step) as first_step
    from {{ ref('int_entries_posted') }}
    group by account_id
)

select
    features.transaction_id,
    features.step
from {{ ref('fct_transaction_features') }} as features
inner join seen as origins on features.origin_id = origins.account_id
inner join seen as destinations on features.destination_id = destinations.account_id
where
    (
        features.step = origins.first_step
        and (
            features.origin_counterparty_count + features.origin_paid_count + features.origin_paid_count_168
            + features.origin_received_count_168 > 0
            or features.origin_steps_since_received is not null
            or not features.has_new_counterparty
        )
    )
    or (
        features.step = destinations.first_step
        and (
            features.destination_counterparty_count + features.destination_received_count_168
            + features.destination_paid_count_168 > 0
            or features.destination_steps_since_received is not null
        )
    )
