"""A briefing: from finished results to a document that an official can read and an assurer can audit."""
