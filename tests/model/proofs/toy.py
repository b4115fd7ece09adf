"""A small system to try the framework on: one lock, any number of clients, and a way to break it."""

from lockedroom.model.proofs.system import Builder, System, guard


def lock(*, free: bool = True) -> System:
    """Mutual exclusion by one lock. Without `free`, a client takes the lock that another holds."""
    b = Builder("lock", {"client": "clients"})
    b.relation("holds(client)", "the client has the lock")
    b.relation("taken", "somebody has it")
    b.initially("free", "~holds(C) & ~taken", "")
    unheld = [guard("~taken", "TOY-1", defence="lock")] if free else []
    b.action("take", {"c": "client"}, unheld, ["holds(c) := true", "taken := true"], "Take it.")
    b.action("give", {"c": "client"}, [guard("holds(c)")], ["holds(c) := false", "taken := false"], "Give it back.")
    b.invariant("held is taken", "holds(C) -> taken", "")
    b.invariant("one holder", "holds(C) & holds(D) -> C = D", "")
    b.promise("mutual exclusion", "holds(C) & holds(D) -> C = D", "Never two.", "TOY-1")
    return b.build()
