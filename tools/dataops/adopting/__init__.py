"""What comes from elsewhere: what other tools check, as dbt tests, and the package of ours."""
