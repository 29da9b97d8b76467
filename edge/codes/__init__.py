"""What a trouble code says: form, catalogue, and tables that the user brings."""
