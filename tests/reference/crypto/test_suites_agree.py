"""Both kinds of suite show the same: whatever is done, in whatever order, with whatever keys, every check succeeds or
fails alike in LR0, LR1 and the symbolic suite, and values are equal in one exactly when they are in the others.

One machine drives all of them side by side. What it does not mix is what an engine's types keep apart: the real suites
take any 32 bytes for a key, the symbolic one only what is a key (LR-SUITE-26).
"""

import hashlib
from dataclasses import dataclass

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, invariant, multiple, rule

from lockedroom.reference.crypto.real import RealSuite
from lockedroom.reference.crypto.suite import Suite, Transcript
from lockedroom.reference.crypto.symbolic import SymbolicEntropy, SymbolicSuite
from lockedroom.reference.crypto.terms import Bits, Field

SUITES: tuple[Suite, ...] = (RealSuite("LR0"), RealSuite("LR1"), SymbolicSuite())
LANES = range(len(SUITES))


@dataclass(frozen=True)
class Value:
    """What stands for one and the same value in each suite."""

    lanes: tuple[Bits, ...]


@dataclass(frozen=True)
class Signed:
    """A signature and what it was made of."""

    signature: Value
    key: Value
    number: int
    name: str
    inner: Value


@dataclass(frozen=True)
class Sealed:
    """A sealed body and what it was made of."""

    sealed: Value
    key: Value
    nonce: tuple[int, int]
    inner: Value
    body: Value


def everywhere(found: list[Bits | None]) -> Value | None:
    """The one value that all suites gave, or None when all gave None."""
    given = [one for one in found if one is not None]
    assert len(given) in (0, len(found)), f"the suites disagree: {found}"
    return Value(tuple(given)) if given else None


class Agreement(RuleBasedStateMachine):
    """Draws are fresh, as in the engines: no entropy is used twice."""

    statics = Bundle("statics")
    pairs = Bundle("pairs")
    ciphertexts = Bundle("ciphertexts")
    secrets = Bundle("secrets")
    wrapped = Bundle("wrapped")
    sealed = Bundle("sealed")
    signatures = Bundle("signatures")
    numbers = st.integers(0, 1)
    names = st.sampled_from(["alice", "bob"])

    def __init__(self) -> None:
        super().__init__()
        self.draws = 0
        self.values: list[Value] = []

    def fresh(self) -> Value:
        self.draws += 1
        seed = hashlib.sha256(str(self.draws).encode()).digest()
        term = SymbolicEntropy("alice", 1).draw("test", self.draws)
        return self.kept(Value((*(seed for _ in LANES[:-1]), term)))

    def kept(self, value: Value) -> Value:
        self.values.append(value)
        return value

    def transcript(self, lane: int, tag: str, number: int, name: str, inner: Value) -> Transcript:
        fields: tuple[Field, ...] = (inner.lanes[lane], number, (name, inner.lanes[lane]))
        return Transcript(tag, fields)

    @rule(target=secrets)
    def draw(self) -> Value:
        return self.fresh()

    @rule(target=statics)
    def static(self) -> Value:
        return self.fresh()

    @rule(target=signatures, key=statics, number=numbers, name=names, inner=secrets)
    def sign(self, key: Value, number: int, name: str, inner: Value) -> Signed:
        made = (SUITES[i].sign(key.lanes[i], self.transcript(i, "LR-S", number, name, inner)) for i in LANES)
        return Signed(self.kept(Value(tuple(made))), key, number, name, inner)

    @rule(signed=signatures, change=st.sampled_from(["", "tag", "number", "name"]))
    def verify(self, signed: Signed, change: str) -> None:
        """As it was signed, or with one thing changed."""
        tag = "LR-T" if change == "tag" else "LR-S"
        number = 1 - signed.number if change == "number" else signed.number
        name = "carol" if change == "name" else signed.name
        self.verified(signed.signature, signed.key, (tag, number, name, signed.inner), not change)

    @rule(signed=signatures, key=statics, inner=secrets)
    def verify_another(self, signed: Signed, key: Value, inner: Value) -> None:
        """With a key and a value from anywhere: it verifies when they are those that it was signed with."""
        tail = ("LR-S", signed.number, signed.name)
        self.verified(signed.signature, key, (*tail, signed.inner), key == signed.key)
        self.verified(signed.signature, signed.key, (*tail, inner), inner == signed.inner)

    def verified(self, signature: Value, key: Value, signed: tuple[str, int, str, Value], expected: bool) -> None:
        for i in LANES:
            public = SUITES[i].signing_public(key.lanes[i])
            assert SUITES[i].verify(public, self.transcript(i, *signed), signature.lanes[i]) is expected

    @rule(target=pairs)
    def kem_keypair(self) -> tuple[Value, Value]:
        entropy = self.fresh()
        made = [SUITES[i].kem_keypair(entropy.lanes[i]) for i in LANES]
        public = self.kept(Value(tuple(pair.public for pair in made)))
        return public, Value(tuple(pair.private for pair in made))

    @rule(target=ciphertexts, pair=pairs)
    def encapsulate(self, pair: tuple[Value, Value]) -> tuple[Value, Value]:
        entropy = self.fresh()
        made = [SUITES[i].encapsulate(pair[0].lanes[i], entropy.lanes[i]) for i in LANES]
        ciphertext = everywhere([one.ciphertext if one else None for one in made])
        secret = everywhere([one.secret if one else None for one in made])
        assert ciphertext is not None
        assert secret is not None
        return self.kept(ciphertext), self.kept(secret)

    @rule(target=secrets, pair=pairs, sent=ciphertexts)
    def decapsulate(self, pair: tuple[Value, Value], sent: tuple[Value, Value]) -> Value:
        secret = everywhere([SUITES[i].decapsulate(pair[1].lanes[i], sent[0].lanes[i]) for i in LANES])
        assert secret is not None
        return self.kept(secret)

    @rule(target=secrets, secret=secrets, number=numbers, inner=secrets)
    def derive(self, secret: Value, number: int, inner: Value) -> object:
        derived = []
        for label, name in (("forth", "alice"), ("back", "alice"), ("forth", "bob")):
            keys = (
                SUITES[i].derive(secret.lanes[i], label, self.transcript(i, "LR-D", number, name, inner)) for i in LANES
            )
            derived.append(self.kept(Value(tuple(keys))))
        return multiple(*derived)

    @rule(target=secrets, number=numbers, inner=secrets)
    def digest(self, number: int, inner: Value) -> Value:
        digests = (SUITES[i].digest(self.transcript(i, "LR-H", number, "alice", inner)) for i in LANES)
        return self.kept(Value(tuple(digests)))

    @rule(target=wrapped, key=secrets, secret=secrets)
    def wrap(self, key: Value, secret: Value) -> Value:
        return self.kept(Value(tuple(SUITES[i].wrap(key.lanes[i], secret.lanes[i]) for i in LANES)))

    @rule(target=secrets, key=secrets, wrapping=wrapped)
    def unwrap(self, key: Value, wrapping: Value) -> object:
        secret = everywhere([SUITES[i].unwrap(key.lanes[i], wrapping.lanes[i]) for i in LANES])
        return multiple() if secret is None else self.kept(secret)

    @rule(target=sealed, key=secrets, nonce=st.tuples(numbers, numbers), inner=secrets, body=secrets)
    def seal(self, key: Value, nonce: tuple[int, int], inner: Value, body: Value) -> Sealed:
        made = (
            SUITES[i].seal(key.lanes[i], nonce, self.transcript(i, "LR-E", 0, "alice", inner), body.lanes[i])
            for i in LANES
        )
        return Sealed(self.kept(Value(tuple(made))), key, nonce, inner, body)

    @rule(sealed=sealed, change=st.sampled_from(["", "first", "second", "tag", "number"]))
    def open(self, sealed: Sealed, change: str) -> None:
        """As it was sealed, or with one thing changed."""
        first, second = sealed.nonce
        nonce = (1 - first if change == "first" else first, 1 - second if change == "second" else second)
        tag, number = "LR-F" if change == "tag" else "LR-E", 1 if change == "number" else 0
        self.opened(sealed, sealed.key, nonce, (tag, number, "alice", sealed.inner), not change)

    @rule(sealed=sealed, key=secrets, inner=secrets)
    def open_another(self, sealed: Sealed, key: Value, inner: Value) -> None:
        """With a key and a value from anywhere: it opens when they are those that it was sealed with."""
        self.opened(sealed, key, sealed.nonce, ("LR-E", 0, "alice", sealed.inner), key == sealed.key)
        self.opened(sealed, sealed.key, sealed.nonce, ("LR-E", 0, "alice", inner), inner == sealed.inner)

    def opened(
        self,
        sealed: Sealed,
        key: Value,
        nonce: tuple[int, int],
        header: tuple[str, int, str, Value],
        expected: bool,
    ) -> None:
        bodies = [
            SUITES[i].open(key.lanes[i], nonce, self.transcript(i, *header), sealed.sealed.lanes[i]) for i in LANES
        ]
        assert everywhere(bodies) == (sealed.body if expected else None)

    @rule(secret=secrets, junk=st.binary(max_size=70).filter(lambda data: len(data) != 32))
    def hostile(self, secret: Value, junk: bytes) -> None:
        """Bytes that nobody made: refused everywhere. (32 bytes can be a key or a ciphertext of LR0.)"""
        nothing = Transcript("LR-E", ())
        for i in LANES:
            suite, key = SUITES[i], secret.lanes[i]
            pair = suite.kem_keypair(key)
            assert suite.open(key, (0, 1), nothing, junk) is None
            assert suite.unwrap(key, junk) is None
            assert suite.encapsulate(junk, key) is None
            assert suite.decapsulate(pair.private, junk) is None
            assert not suite.verify(junk, nothing, suite.sign(key, nothing))
            assert not suite.verify(suite.signing_public(key), nothing, junk)

    @invariant()
    def equal_in_one_is_equal_in_all(self) -> None:
        seen: tuple[dict[Bits, Value], ...] = tuple({} for _ in LANES)
        for value in self.values:
            firsts = {seen[i].setdefault(value.lanes[i], value).lanes for i in LANES}
            assert len(firsts) == 1, f"equal in one suite and not in another: {value}"


Agreement.TestCase.settings = settings(max_examples=60, stateful_step_count=40)
TestAgreement = Agreement.TestCase
