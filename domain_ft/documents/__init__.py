"""Papers and manuals as they come (text, TEI, PDF, HTML), read as sections of paragraphs with their places."""
