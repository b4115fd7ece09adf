"""Whether it did: traces, corpus, runner, reports, and whatever needs model and backend both."""
