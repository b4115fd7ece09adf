"""What is promised: the normative chapters, their schemas, and the generator of their tables."""
