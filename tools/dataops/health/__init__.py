"""How production is: one truth for the site, alerts, status and metrics."""
