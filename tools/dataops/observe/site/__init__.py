"""Gathers what the site shows."""
