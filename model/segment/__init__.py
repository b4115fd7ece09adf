"""The group segment under the explorer: its table bound to members, its intruder, properties and mutants."""
