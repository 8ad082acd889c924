"""The commands, each: options, one call, one rendering, an exit code. dbt is imported only by those that need it."""
