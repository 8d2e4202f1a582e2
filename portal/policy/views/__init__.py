"""The desk's pages of policies: reading them, drafting a version, publishing by two."""
