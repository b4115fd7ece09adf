"""The group segment on POSIX shared memory: the reference transitions, run by real processes.

- `memory`: what the object says, decoded and bounds-checked; `views`: the questions of a transition, asked of it
- `commit`: what a transition's effects store; `engine`: one operation as one atomic step
- `visible`: what anybody who may read the object sees
- `identity`, `authority`: the files that a member keeps
- `room`, `member`: the Python API; `messages`: what it gives, and its exceptions

Nothing here decides a protocol: that is in `reference.segment`.
"""
