"""Words: what folds together, what is found by its beginning, and scripts without spaces."""

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.text import (
    LONGEST_EDGE,
    LONGEST_QUERY,
    MOST_GRAMS,
    MOST_QUERY_GRAMS,
    fold,
    grams_filter,
    grams_of_document,
    grams_score,
    read_query,
    text_language,
    tokens,
)


def finds(query: str, *texts: str) -> bool:
    """Say whether the n-gram field of a document with these texts answers a query."""
    read = read_query(query)
    return bool(read.grams) and set(read.grams) <= set(grams_of_document(texts))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Épaule", "epaule"),
        ("œdème", "OEDEME"),
        ("Straße", "strasse"),
        ("Ｆｕｌｌｗｉｄｔｈ", "fullwidth"),
        ("ﾌﾞﾗｯｸ", "ブラック"),
        ("ﬁèvre", "fievre"),
        ("Łódź", "lodz"),
        ("İstanbul", "istanbul"),
        ("шарфй", "шарфи"),
        ("مُحَمَّد", "محمد"),
        ("عـــربي", "عربي"),
        ("שָׁלוֹם", "שלום"),
        ("e\N{COMBINING ACUTE ACCENT}te", "été"),
    ],
)
def test_spellings_of_one_word_fold_together(one: str, other: str) -> None:
    """Case, accents, width and ligatures do not tell words apart."""
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("กี", "กา"), ("は", "ば"), ("कि", "क"), ("한", "하")])
def test_marks_that_are_letters_stay(one: str, other: str) -> None:
    """Thai vowels, Japanese voicing, Indic vowels and Korean finals make other words."""
    assert fold(one) != fold(other)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("L'épaule d’Anne", ["l", "epaule", "d", "anne"]),
        ("vitamin-D, B12!", ["vitamin", "d", "b12"]),
        ("頭痛の薬 for me", ["頭痛の薬", "for", "me"]),
        ("covid検査", ["covid", "検査"]),
        ("ปวดหัว มาก", ["ปวดหัว", "มาก"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("  …!? ", []),
    ],
)
def test_texts_fall_into_tokens(text: str, expected: list[str]) -> None:
    """Words end at spaces, apostrophes and hyphens, and where another way of writing begins."""
    assert [token.text for token in tokens(text)] == [fold(one) for one in expected]


@pytest.mark.parametrize(
    ("query", "text", "found"),
    [
        ("card", "La cardiologie", True),
        ("CARDIO", "La cardiologie", True),
        ("ologie", "La cardiologie", False),
        ("epau dou", "Douleur à l'épaule", True),
        ("epau pied", "Douleur à l'épaule", False),
        ("œdem", "oedème", True),
        ("言語", "自然言語処理", True),
        ("語", "自然言語処理", True),
        ("語言", "自然言語処理", False),
        ("ปวด", "ฉันปวดหัวมาก", True),
        ("두통", "두통이 심해요", True),
        ("d", "vitamin D", True),
        ("v", "vitamin D", False),
        ("cardiologiques", "cardiologie", True),  # told apart no further than eight letters
        ("", "anything", False),
        ("!?", "anything", False),
    ],
)
def test_what_the_field_finds(query: str, text: str, found: bool) -> None:
    """Beginnings of words, and any neighbours where words are not set apart."""
    assert finds(query, text) == found


def test_what_has_more_weight_is_kept() -> None:
    """The field is bounded, and the title comes before what was written freely."""
    endless = " ".join(f"word{n}x{n * n}" for n in range(5_000))
    field = grams_of_document(["Zigzag", endless])
    assert len(field) == MOST_GRAMS
    assert "zigzag" in field


def test_signs_of_the_search_language_do_not_get_through() -> None:
    """A minus excludes and quotation marks bind in MongoDB: here they are no part of a word."""
    assert read_query('-pain "left knee" $where').words == "pain left knee where"


def test_a_query_without_words_asks_nothing() -> None:
    """Instead of a filter that finds everything."""
    assert grams_filter(read_query("…")) is None
    assert grams_filter(read_query("Knee")) == {"ngrams": {"$all": ["knee"]}}


def test_a_whole_word_in_the_title_comes_first() -> None:
    """Then its beginning in the title, then the whole word further down."""
    query = read_query("art")
    scores = [
        grams_score(query, texts)
        for texts in (["art", ""], ["arthritis", ""], ["", "arthritis"], ["knee", ""])
    ]
    assert scores == [1, 0.5, 0.25, 0]
    assert grams_score(read_query(""), ["art"]) == 0


@pytest.mark.parametrize(
    ("tag", "language"),
    [("en", "english"), ("fr-CH", "french"), ("FR_ca", "french"), ("ja", "none"), ("", "none")],
)
def test_the_index_is_told_only_languages_that_it_stems(tag: str, language: str) -> None:
    """Any other word makes an insert fail."""
    assert text_language(tag) == language


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    """Whatever people type, in whichever normal form."""
    folded = fold(text)
    assert fold(folded) == folded
    assert fold(unicodedata.normalize("NFD", text)) == folded


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(max_codepoint=127), max_size=80))
def test_plain_text_falls_into_the_same_tokens_on_its_own(text: str) -> None:
    """The short way for plain text, and the long way that any other character asks for, agree."""
    assert [*tokens(text), *tokens("語")] == tokens(f"{text} 語")


@settings(max_examples=150, deadline=None)
@given(st.text(max_size=400), st.text(max_size=400))
def test_sizes_are_bounded(text: str, other: str) -> None:
    """Neither a document nor a query grows with what somebody pastes."""
    field = grams_of_document([text * 20, other])
    query = read_query(text + other)
    assert len(field) <= MOST_GRAMS
    assert len(set(field)) == len(field)
    assert all(0 < len(gram) <= LONGEST_EDGE for gram in [*field, *query.grams])
    assert len(query.grams) <= MOST_QUERY_GRAMS
    assert 0 <= grams_score(query, [text, other]) <= 1


@settings(max_examples=150, deadline=None)
@given(st.text("aEéœ-' 1頭痛のปวดหัว두통", min_size=1, max_size=40), st.integers(1, 40))
def test_a_text_is_found_by_its_beginning(text: str, length: int) -> None:
    """If its beginning has anything to search for that is longer than one letter of a word."""
    begun = [token for token in tokens(text[:length]) if len(token.text) > 1 or token.spaceless]
    query = " ".join(token.text for token in begun)
    if begun and len(query) <= LONGEST_QUERY:
        assert finds(query, text)
