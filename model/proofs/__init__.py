"""Proofs for any number of everything: first-order transition systems, and their obligations discharged by z3."""
