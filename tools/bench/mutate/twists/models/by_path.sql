select '{{ model.path }}' as path, '{{ model.description }}' as description
