"""What talent apartments do."""
