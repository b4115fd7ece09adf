"""The stash's system: what is proved of spec/stash.md."""
