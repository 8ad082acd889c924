select
    id,
    kind,
    amount,
    string_split(tags, '|') as tags,
    {'low': amount, 'high': amount * 2} as pair
from {{ ref('raw_items') }}
