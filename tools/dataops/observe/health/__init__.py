"""Whether production is healthy now: the one place that says so, for the site and for `dataops status`."""
