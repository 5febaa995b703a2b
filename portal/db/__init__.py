"""The database and Redis as the program uses them: engine, sessions, the hook after a commit, the doorbell."""
