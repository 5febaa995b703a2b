"""`make bench`: how fast the portal delivers, beside a bare loop and beside other queues. A script, not a test."""
