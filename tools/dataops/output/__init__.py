"""Results as text: for a terminal, a pull request, a machine. Reads results, never makes them."""
