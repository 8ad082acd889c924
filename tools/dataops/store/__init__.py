"""Durable files: a location, the releases and the pointer to the live one, what a checkout remembers."""
