"""What a record file says: its rows and description, read as arrays, and never believed unchecked."""
