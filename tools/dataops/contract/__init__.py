"""Contracts: what a model promises to its readers, what a change takes of that, and how a promise is written down."""
