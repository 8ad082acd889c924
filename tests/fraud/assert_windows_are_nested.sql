-- Failing means: a shorter window holds more than a longer one that contains it, so a velocity is wrong.
select transaction_id
from {{ ref('fct_transaction_features') }}
where
    false
    {%- for role in ['origin', 'destination'] %}
    {%- for measure in ['paid_count', 'paid_amount', 'received_count', 'received_amount'] %}
    or {{ role }}_{{ measure }}_1 > {{ role }}_{{ measure }}_24
    or {{ role }}_{{ measure }}_24 > {{ role }}_{{ measure }}_168
    {%- endfor %}
    {%- endfor %}
    or origin_paid_count_168 > origin_paid_count
