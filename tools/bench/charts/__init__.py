"""Simulated series, judged by the SQL of the monitors."""
