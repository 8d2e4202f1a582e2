"""Hotels, apartment companies and merchants: their places, their people, and the phones their people work with."""
