"""What is paused, why, and until when."""
