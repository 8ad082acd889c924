"""The circuit breaker: a failing check holds its node, and what reads it, at the last good release."""
