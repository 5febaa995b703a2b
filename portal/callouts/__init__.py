"""What is sent: payload, formats, request, signing, redaction, and what an answer means."""
