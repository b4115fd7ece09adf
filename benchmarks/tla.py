"""B1 in TLA+, for TLC: one module and its configuration.

python benchmarks/tla.py MEMBERS MESSAGES JOINS
"""

from __future__ import annotations

import sys
from string import Template
from typing import Final

_MODULE: Final = Template(
    """---- MODULE B1 ----
EXTENDS Integers
P == 0 .. $last
VARIABLES joined, joins, enc, key, msg, sent
vars == <<joined, joins, enc, key, msg, sent>>
None == [p \\in P |-> [q \\in P |-> 0]]
Init == /\\ joined = [p \\in P |-> FALSE] /\\ joins = [p \\in P |-> 0]
        /\\ enc = None /\\ key = None /\\ msg = None /\\ sent = None
Join(p) == /\\ ~joined[p] /\\ joins[p] < $joins
           /\\ joined' = [joined EXCEPT ![p] = TRUE] /\\ joins' = [joins EXCEPT ![p] = @ + 1]
           /\\ UNCHANGED <<enc, key, msg, sent>>
Exchange(y, x) == /\\ x # y /\\ joined[x] /\\ joined[y]
                  /\\ key[x][y] = 0 /\\ key[y][x] = 0 /\\ enc[x][y] = 0 /\\ enc[y][x] = 0
                  /\\ enc' = [enc EXCEPT ![y][x] = 1] /\\ key' = [key EXCEPT ![y][x] = 1]
                  /\\ UNCHANGED <<joined, joins, msg, sent>>
Accept(x, y) == /\\ x # y /\\ joined[x] /\\ enc[y][x] = 1
                /\\ enc' = [enc EXCEPT ![y][x] = 0] /\\ key' = [key EXCEPT ![x][y] = 1]
                /\\ UNCHANGED <<joined, joins, msg, sent>>
Send(p, q) == /\\ p # q /\\ joined[p] /\\ key[p][q] = 1 /\\ msg[p][q] = 0 /\\ sent[p][q] < $messages
              /\\ msg' = [msg EXCEPT ![p][q] = 1] /\\ sent' = [sent EXCEPT ![p][q] = @ + 1]
              /\\ UNCHANGED <<joined, joins, enc, key>>
Recv(q, p) == /\\ p # q /\\ joined[q] /\\ key[q][p] = 1 /\\ msg[p][q] = 1
              /\\ msg' = [msg EXCEPT ![p][q] = 0] /\\ UNCHANGED <<joined, joins, enc, key, sent>>
Cleared(m, p) == [a \\in P |-> [b \\in P |-> IF p \\in {a, b} THEN 0 ELSE m[a][b]]]
Leave(p) == /\\ joined[p] /\\ joined' = [joined EXCEPT ![p] = FALSE]
            /\\ enc' = Cleared(enc, p) /\\ key' = Cleared(key, p) /\\ msg' = Cleared(msg, p)
            /\\ UNCHANGED <<joins, sent>>
Next == \\/ \\E p \\in P: Join(p) \\/ Leave(p)
        \\/ \\E p, q \\in P: Exchange(p, q) \\/ Accept(p, q) \\/ Send(p, q) \\/ Recv(p, q)
Spec == Init /\\ [][Next]_vars
====
"""
)

CONFIGURATION: Final = "SPECIFICATION Spec\nCHECK_DEADLOCK FALSE\n"


def module(members: int, messages: int, joins: int) -> str:
    """The module."""
    return _MODULE.substitute(last=members - 1, messages=messages, joins=joins)


if __name__ == "__main__":
    print(module(*(int(word) for word in sys.argv[1:4])), end="")
