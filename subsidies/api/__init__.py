"""Payment rolls for programs."""
