"""What happens: pure engines. No I/O, no clock, no randomness, no OS, no global state."""
