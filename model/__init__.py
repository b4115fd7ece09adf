"""What could happen: exhaustive exploration of the reference engine itself, its adversary, properties and mutants."""
