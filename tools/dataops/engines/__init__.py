"""What differs between warehouses, and nothing else: everything outside asks an engine, and never which one it is."""
