"""What anybody may ask: programmes, policies in force, and how somebody would stand with them."""
