"""An adapter with one mistake that nothing but a crash shows: its multicast is sent one by one."""

import os
import sys
from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from lockedroom.conformance.adapter import ABOUT, EngineActor
from lockedroom.conformance.observation import Seen
from lockedroom.conformance.serving import serve


class OneByOne(EngineActor):
    """The built-in implementation, but for that."""

    def act(self, step: int, operation: str, arguments: Mapping[str, object]) -> Seen:
        if operation != "multicast":
            return super().act(step, operation, arguments)
        seen = [
            self._engine.do("send", {"peer": peer, "body": str(arguments["body"]).encode()})
            for peer in cast("list[str]", arguments["peers"])
        ]
        self.points.disarm()
        peers = [{"event": "Sent", "peer": peer, "sequence": 1} for peer in cast("list[str]", arguments["peers"])]
        return Seen("ok", None, tuple(peers[: len(seen)]))


if __name__ == "__main__":
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)
        sys.exit(serve(replace(ABOUT, implementation="one by one"), OneByOne, sys.stdin.buffer, out))
