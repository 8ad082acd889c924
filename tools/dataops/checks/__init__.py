"""Checks that need no data: lint, and what the lineage says of private columns."""
