"""What every part of the API stands on: problems, doors, pages, keys that make a call count once, and the schema."""
