-- Failing means: the feed holds events more than once. Staging keeps one of each; if the number grows
-- from one load to the next, the loader appends where it should replace.
{{ config(severity='warn', group='recommendations') }}

select
    timestamp,
    visitorid,
    event,
    itemid,
    transactionid,
    count(*) as occurrences
from {{ retailrocket('events') }}
group by timestamp, visitorid, event, itemid, transactionid
having count(*) > 1
