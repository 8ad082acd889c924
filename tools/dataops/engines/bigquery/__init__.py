"""BigQuery: production is views that one statement leads to another release."""
