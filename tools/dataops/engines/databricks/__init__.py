"""Databricks with Unity Catalog: production is views that one statement leads to another release."""
