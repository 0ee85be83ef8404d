"""What comes into an instance from files."""
