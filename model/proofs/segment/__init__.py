"""The segment protocol as a first-order transition system, under an unbounded intruder."""
