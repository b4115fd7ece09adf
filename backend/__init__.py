"""Where it happens for real: shared memory, locks, semaphores. Nothing here decides a protocol."""
