"""What comes in from files: read as plain rows, compared with the plan, then loaded at once or not at all."""
