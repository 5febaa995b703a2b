"""The checks. Each looks at one thing, and says nothing when it is right."""
