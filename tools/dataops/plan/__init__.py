"""What changed, what it does to the data, what it reaches, what runs."""
