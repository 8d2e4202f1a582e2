"""Text messages: one interface, one adapter. A low floor: it knows nobody who is written to."""
