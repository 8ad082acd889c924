select {{ graph.nodes.values() | selectattr('resource_type', 'equalto', 'model') | list | length if execute else 0 }} as models
