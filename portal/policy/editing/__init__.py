"""A policy document as a tree of small forms: the fields of the schema become form fields, its parts become pages."""
