"""The web services API 1.0: REST. So far it only says, in its own form, that nothing is there."""
