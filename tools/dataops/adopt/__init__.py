"""Adopting an existing dbt project: look at it, propose files, write those that nobody has written yet."""
