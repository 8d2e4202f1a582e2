"""Encryption of personal data at rest. The ground floor: it knows nobody."""
