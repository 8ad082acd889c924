"""What other tools check, as dbt tests."""
