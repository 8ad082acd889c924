"""The static site: what it shows, how that is drawn, and a server that keeps it live."""
