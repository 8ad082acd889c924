select typeof(amount) as kind_of_amount from {{ ref('items') }}
