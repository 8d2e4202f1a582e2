"""What starts the portal and what tests it. Nothing of the portal imports this."""
