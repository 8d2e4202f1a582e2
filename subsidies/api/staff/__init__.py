"""What the money pages show, to read."""
