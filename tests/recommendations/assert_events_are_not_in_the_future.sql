-- Failing means: events are dated after now, by a clock that is wrong or a unit that is not
-- milliseconds. They are left out; were they not, the newest event and with it every age and the
-- incremental lookback would be wrong.
{{ config(severity='warn', group='recommendations') }}

select
    event_id,
    visitor_id,
    occurred_at
from {{ ref('stg_retailrocket__events') }}
where occurred_at > {{ events_as_of() }}
