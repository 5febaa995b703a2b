"""The JSON API: its inputs and answers are declared types, from which their checks and their description follow."""
