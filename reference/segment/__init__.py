"""The group segment: its records, its members' state and its table of transitions."""
