"""A stand-in for a customer's remote monitoring system (RMM).

It raises alerts as tickets through the portal's web services API, and receives the extension callouts that
say what became of them. It is a stranger to the portal: it knows the portal's URLs and nothing else of it.
"""
