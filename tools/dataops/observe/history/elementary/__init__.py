"""What Elementary's dbt package stored in the warehouse, as records of the history."""
