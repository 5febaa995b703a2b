"""Asking for records: what the queries of every protocol, SOAP and REST alike, are turned into."""
