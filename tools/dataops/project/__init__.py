"""dbt, in process: import it once, parse once, run slices. The only place that imports dbt."""
