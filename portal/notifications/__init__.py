"""Letters: written into an outbox by the business transaction, read in the portal, sent by e-mail by the worker."""
