"""What production did and does: its history, its health, and where both are shown."""
