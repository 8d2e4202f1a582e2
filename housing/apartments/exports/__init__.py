"""What people keep of their lease."""
