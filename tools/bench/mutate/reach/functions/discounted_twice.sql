{{ function('discounted') }}(amount) - 1
