"""Findings on the text of what changed. The only place that imports sqlfluff."""
