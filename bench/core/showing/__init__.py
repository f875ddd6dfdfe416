"""What people see: text from outside as text, and progress."""
