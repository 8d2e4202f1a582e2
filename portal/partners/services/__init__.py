"""What happens to partners, their people and their devices."""
