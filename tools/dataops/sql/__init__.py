"""Reading SQL: names, scopes, meaning, lineage, what removes a person. The only place that imports sqlglot."""
