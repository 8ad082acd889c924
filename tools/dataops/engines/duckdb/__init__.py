"""Releases on DuckDB: production is a file, and one rename puts the next one in its place."""
