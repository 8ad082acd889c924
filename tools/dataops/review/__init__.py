"""The change on production's data: built beside it, compared with it, and judged."""
