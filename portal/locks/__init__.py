"""Counts guesses at a secret, and locks after too many, whatever the secret is and wherever the guesses come from."""
