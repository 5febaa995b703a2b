"""What is right and wrong with a request, in sentences that say what to change."""
