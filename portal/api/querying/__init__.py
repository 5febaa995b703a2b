"""Asking for records: what every way in, SOAP and REST alike, turns its queries into."""
