"""Formulas: what is read is what was written, substitution catches nothing, and nonsense is refused."""

import pytest

from lockedroom.model.proofs.formula import Apply, Quantified, Var, free, inward, mapped, text
from lockedroom.model.proofs.parse import FormulaError, Vocabulary, formula, macro

WORDS = Vocabulary(
    ("man", "dog"),
    {"likes": ("man", "dog"), "knows": ("man", "man"), "raining": ()},
    {"owner": (("dog",), "man"), "adam": ((), "man")},
)


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        ("likes(M, D)", "∀ D: dog, M: man. likes(M, D)"),
        ("forall M. knows(M, adam) -> raining", "∀ M: man. knows(M, adam) → raining"),
        ("~raining & (raining | true)", "¬raining ∧ (raining ∨ true)"),
        ("exists D. owner(D) = adam", "∃ D: dog. owner(D) = adam"),
        ("owner(D) ~= M <-> ~likes(M, D)", "∀ D: dog, M: man. owner(D) ≠ M ↔ ¬likes(M, D)"),
        ("raining -> raining -> raining", "raining → raining → raining"),
        ("(raining -> raining) -> raining", "(raining → raining) → raining"),
        ("forall M:man. M = M", "∀ M: man. M = M"),
    ],
)
def test_what_is_read_is_what_was_written(source: str, shown: str) -> None:
    assert text(formula(source, WORDS)) == shown


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("likes(D, D)", "D in .* is a man and a dog"),
        ("likes(adam)", "takes 2 arguments, not 1"),
        ("likes(owner(D), adam)", "takes a dog, not a man"),
        ("hates(M, D)", "declared nowhere"),
        ("raining &", "declared nowhere"),
        ("raining raining", "out of place"),
        ("(raining", "is missing"),
        ("raining ; raining", "nothing that a formula is made of"),
        ("M = N", "between \\? and \\?"),
        ("owner(D) = E & likes(adam, E)", "E in .* is a dog and a man|between"),
    ],
)
def test_nonsense_is_refused(source: str, fault: str) -> None:
    with pytest.raises(FormulaError, match=fault):
        formula(source, WORDS)


def test_a_macro_is_what_it_stands_for() -> None:
    macros = {"shy": macro({"M": "man"}, "forall D. likes(M, D) -> owner(D) = M", WORDS)}
    words = Vocabulary(WORDS.sorts, WORDS.relations, WORDS.functions, macros)
    assert text(formula("shy(adam)", words)) == "∀ D: dog. likes(adam, D) → owner(D) = adam"


def test_a_macro_catches_no_variable_of_its_arguments() -> None:
    macros = {"shy": macro({"M": "man"}, "forall D. likes(M, D)", WORDS)}
    words = Vocabulary(WORDS.sorts, WORDS.relations, WORDS.functions, macros)
    assert text(formula("forall D. shy(owner(D))", words)) == "∀ D: dog. ∀ D_: dog. likes(owner(D), D_)"


def test_substitution_catches_nothing() -> None:
    one, other = Var("M", "man"), Var("N", "man")
    body = formula("forall N. knows(M, N)", WORDS, {"M": "man"})
    changed = mapped(body, {one: other})
    assert isinstance(changed, Quantified)
    assert free(changed) == {other}
    assert text(mapped(body, {one: Apply("adam", (), "man")})) == "∀ N: man. knows(adam, N)"


def test_negations_go_inward() -> None:
    inside = inward(formula("~(forall M. knows(M, adam) -> (raining <-> exists D. likes(M, D)))", WORDS))
    assert "→" not in text(inside) and "↔" not in text(inside)
    assert text(inside).startswith("∃ M: man. knows(M, adam) ∧")
