"""The suites that engines see crypto through, and nothing that knows a protocol."""
