"""Pages of the bureau's desk, of a partner's manager, and of an enrolled device."""
