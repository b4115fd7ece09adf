"""Where it happens for real: shared memory, locks, semaphores. Nothing here decides a protocol.

The substrate, each module with one reason to be opened:

- `layout`: where everything stands in the object, as tables of formulas (the chapter prints them)
- `shm`: create, attach, remove the object; the only functions that store into it
- `locks`: open-file-description locks on slots, with deadlines
- `journal`: several words flipped as one, whoever dies when
- `life`: who is alive; `process`: what a process knows of itself
- `wakeup`: named semaphores; `rooms`: which rooms there are, and their removal
- `forks`: what a forked child may not inherit; `crashpoints`: dying at the n-th store, for tests
- `errors`, `clauses`: what goes wrong, whose fault it is, and which promise it belongs to
"""
