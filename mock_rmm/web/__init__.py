"""What can be reached over HTTP: the doors, the JSON API and the pages."""
