select code, name, length(name) as length from {{ ref('spelled') }}
