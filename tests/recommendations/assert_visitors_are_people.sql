-- Failing means: these visitors are bots by the rules of int_visitors_flagged, and all their events are
-- left out of the funnel and the recommendations. A sudden rise is a crawler, or a limit that real
-- visitors have reached.
{{ config(severity='warn', group='recommendations') }}

select
    visitor_id,
    event_count,
    bot_reason
from {{ ref('int_visitors_flagged') }}
where is_bot
