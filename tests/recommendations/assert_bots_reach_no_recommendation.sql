-- Failing means: a visitor flagged as a bot is in the interactions or in the evaluation, and teaches
-- the recommender what nobody wants.
with used as (
    select visitor_id from {{ ref('fct_interactions') }}
    union all
    select visitor_id from {{ ref('int_targets_held_out') }}
)

select visitors.visitor_id
from {{ ref('int_visitors_flagged') }} as visitors
inner join used on visitors.visitor_id = used.visitor_id
where visitors.is_bot
