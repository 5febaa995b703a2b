"""Workflow rules: which events they wait for, when they match, and what follows."""
