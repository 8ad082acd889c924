"""Runs that Elementary's package stored in the warehouse, as runs of the history."""
