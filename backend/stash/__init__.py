"""The stash for real: the kernel's keyring, shared memory where there is none, and the engine on either."""
