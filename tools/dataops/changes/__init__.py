"""What changed since production, what that reaches, and so what must run."""
