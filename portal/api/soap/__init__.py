"""The web services API 1.6 as its clients know it: SOAP 1.1, served by Spyne."""
