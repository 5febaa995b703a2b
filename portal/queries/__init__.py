"""Reads that pages, the API, the command line and metrics share: values without words, and nothing is changed."""
