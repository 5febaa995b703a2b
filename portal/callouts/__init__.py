"""What is sent, and what an answer means: payload, formats, render, signing, redaction, judge."""
