"""Who signs in and in which roles. Sign-in itself is django-allauth's."""
