"""Trino on Iceberg: production is views that one statement leads to another release."""
