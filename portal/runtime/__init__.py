"""One machine's programs: stack, supervisor, embedded server, gunicorn."""
