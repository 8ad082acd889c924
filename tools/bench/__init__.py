"""Benchmarks: each prints a ratio side by side with what users would do otherwise. None is a timed test."""
