"""What a card looks like on plastic, on paper and on a phone. Knows fonts, colours and words; nothing of databases."""
