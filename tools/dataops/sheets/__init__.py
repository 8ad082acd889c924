"""The YAML files that describe a project, edited in place: what is not meant to change keeps every character."""
