"""What is right and wrong with a request, in sentences that say what to change.

Nothing is imported here: the journal keeps findings, and the checks look at what the journal keeps.
"""
