"""The portal for programs, by audience. Same services, doors and readings as the pages: never a second rule."""
