"""What is new in production's health since each destination was last told of it."""
