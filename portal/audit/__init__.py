"""Who did what to which thing, and when. Entries are only ever added."""
