"""Files of free lodging."""
