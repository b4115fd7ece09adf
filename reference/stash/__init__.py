"""The stash: a value that whoever knows the key can read and write (spec/stash.md). Pure: no I/O, no clock."""
