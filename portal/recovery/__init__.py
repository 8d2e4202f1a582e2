"""Ways back into an account: codes given out at the counter, second factors taken away, locks told of and lifted."""
