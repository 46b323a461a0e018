"""Nearest words and analogies against gensim, and the files of word2vec in every state of health."""

import gzip
import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_pkg import words

gensim_models = pytest.importorskip("gensim.models")


def vectors(count=60, size=8, dtype=np.float32, seed=0):
    array = np.random.default_rng(seed).standard_normal((count, size)).astype(dtype)
    return words.Vectors([f"w{i}" for i in range(count)], array)


def as_gensim(mine):
    keyed = gensim_models.KeyedVectors(mine.array.shape[1])
    keyed.add_vectors(mine.words, mine.array)
    return keyed


@pytest.fixture(scope="module")
def small_blocks():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("course_pkg.words.vectors.BLOCK", 7)
        yield


@pytest.mark.usefixtures("small_blocks")
def test_answers_are_gensims():
    mine = vectors()
    theirs = as_gensim(mine)
    for got, expected in [
        (mine.nearest("w3"), theirs.most_similar("w3")),
        (mine.analogy("w1", "w2", "w3"), theirs.most_similar(positive=["w1", "w3"], negative=["w2"])),
    ]:
        assert [n.word for n in got] == [word for word, _ in expected]
        np.testing.assert_allclose([n.cosine for n in got], [cosine for _, cosine in expected], rtol=1e-5)
    assert mine.similarity("w4", "w5") == pytest.approx(float(theirs.similarity("w4", "w5")), rel=1e-5)
    for odd in (["w1", "w2", "w3"], ["w9", "w8", "w7", "w6"]):
        assert mine.doesnt_match(odd) == theirs.doesnt_match(odd)


def test_several_words_are_added():
    mine = vectors()
    expected = as_gensim(mine).most_similar(positive=["w1", "w2"])
    assert [n.word for n in mine.nearest(["w1", "w2"])] == [word for word, _ in expected]


def test_printed_tables():
    tables = words.printed_tables()
    assert len(tables) == 10
    royal = tables["king - man + woman"]
    assert [(n.word, round(n.cosine, 4)) for n in royal[:3]] == [
        ("queen", 0.7118),
        ("monarch", 0.619),
        ("princess", 0.5902),
    ]
    assert tables["Shanghai - China + Japan"][0] == ("Tokyo", 0.798192)
    assert all(a.cosine >= b.cosine for rows in tables.values() for a, b in itertools.pairwise(rows))


def test_questions_in_the_form_of_the_tables():
    mine = vectors()
    assert words.answer(mine, "w1 - w2 + w3") == mine.analogy("w1", "w2", "w3")
    assert words.answer(mine, "w1 w2", 3) == mine.nearest(["w1", "w2"], 3)
    with pytest.raises(ValueError, match="question: expected the form"):
        words.answer(mine, "w1 - w2 * w3")


def test_words_of_the_question_are_left_out():
    mine = vectors(4, 3)
    assert {n.word for n in mine.analogy("w0", "w1", "w2")} == {"w3"}
    assert mine.nearest("w0", 100)[-1].word != "w0"
    assert len(mine.nearest("w0", 100)) == 3
    assert mine.analogy("w0", "w1", "w1", 1)[0].word in {"w2", "w3"}


def test_a_vector_may_be_asked():
    mine = vectors()
    assert mine.nearest(3 * mine["w5"], 1) == [("w5", pytest.approx(1))]


@pytest.mark.usefixtures("small_blocks")
@given(st.integers(0, 1000), st.sampled_from([1e-3, 1.0, 1e3]))
def test_half_precision_answers_are_exact(seed, scale):
    half = vectors(300, 16, seed=seed)
    half = words.Vectors(half.words, (half.array * np.float32(scale)).astype(np.float16))
    exact = words.Vectors(half.words, half.array.astype(np.float64))
    got, expected = half.nearest("w0", 20), exact.nearest("w0", 20)
    assert [n.word for n in got] == [n.word for n in expected]
    np.testing.assert_allclose([n.cosine for n in got], [n.cosine for n in expected], atol=1e-6)


def test_zero_vectors_and_half_precision():
    array = np.array([[0, 0], [1, 0], [60000, 60000]], dtype=np.float16)
    mine = words.Vectors(["nothing", "east", "north-east"], array)
    assert mine.nearest("east", 1) == [("north-east", pytest.approx(0.7071, abs=1e-3))]
    assert mine.similarity("nothing", "east") == 0


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda v: v.nearest("nobody"), KeyError, "'nobody' is not among the 60 words"),
        (lambda v: v.nearest([1, 2]), ValueError, "question: expected words or 8 finite numbers"),
        (lambda v: v.nearest("w1", 0), ValueError, "count: expected an integer ≥ 1"),
        (lambda v: v.similarity("w1", 3), TypeError, "word: expected a word, got int 3"),
        (lambda v: v.doesnt_match(["w1", "w2"]), ValueError, "at least three words"),
        (lambda v: words.Vectors(["a"], v.array), ValueError, "expected 1 rows"),
        (lambda v: words.Vectors(["a", "a"], v.array[:2]), ValueError, "'a' twice"),
        (lambda v: words.Vectors(["a", 2], v.array[:2]), TypeError, "expected strings"),
        (lambda v: words.Vectors(["a"], [[1.0]]), TypeError, "array: expected an array"),
    ],
)
def test_wrong_questions(call, error, message):
    with pytest.raises(error, match=message):
        call(vectors())


NAMES = ["v.bin", "v.bin.gz", "v.txt", "v.txt.gz", "v.npy"]


@pytest.mark.parametrize("name", NAMES)
def test_round_trip(tmp_path, name):
    mine = words.Vectors(["猫", "naïve", "don't"], np.array([[1.5, -2e-8], [3, 4], [0.1, 1e20]], dtype=np.float32))
    words.save_vectors(mine, tmp_path / name)
    back = words.load_vectors(tmp_path / name)
    assert back.words == mine.words
    np.testing.assert_array_equal(back.array, mine.array)
    assert [n for n in tmp_path.iterdir() if n.name.startswith(".")] == []


@pytest.mark.parametrize("binary", [True, False])
@pytest.mark.parametrize("suffix", ["", ".gz"])
def test_gensim_reads_what_we_write_and_we_read_what_it_writes(tmp_path, binary, suffix):
    mine = vectors()
    ours, theirs = tmp_path / f"ours{suffix}", tmp_path / f"theirs{suffix}"
    words.save_vectors(mine, ours, binary=binary)
    loaded = gensim_models.KeyedVectors.load_word2vec_format(ours, binary=binary)
    assert loaded.index_to_key == mine.words
    np.testing.assert_allclose(loaded.vectors, mine.array, rtol=1e-6)
    as_gensim(mine).save_word2vec_format(theirs, binary=binary)
    back = words.load_vectors(theirs)
    assert back.words == mine.words
    np.testing.assert_allclose(back.array, mine.array, rtol=1e-6)


def test_streaming_into_a_memory_map(tmp_path):
    mine = vectors(500, 20)
    words.save_vectors(mine, tmp_path / "v.bin.gz")
    mapped = words.load_vectors(tmp_path / "v.bin.gz", into=tmp_path / "half.npy", dtype="float16", limit=400)
    assert isinstance(mapped.array, np.memmap)
    assert mapped.array.dtype == np.float16
    np.testing.assert_array_equal(mapped.array, mine.array[:400].astype(np.float16))
    again = words.load_vectors(tmp_path / "half.npy", limit=10)
    assert again.words == mine.words[:10]


def broken_files():
    text = b"3 2\na 1 2\nb 3 4\nc 5 6\n"
    binary = b"2 2\na " + np.array([1, 2], "<f4").tobytes() + b"\nb " + np.array([3, 4], "<f4").tobytes() + b"\n"
    yield "empty", b"", "expected a first line 'words numbers'"
    yield "no header", b"a 1 2\nb 3 4\n", "Files without it, such as GloVe's"
    yield "no words", b"0 5\n", "at least one word"
    yield "text cut", text[:12], "expected 3 words, got only 1|fields"
    yield "text short line", text.replace(b"3 4", b"3"), "line 3, got 2 fields"
    yield "text long line", text.replace(b"3 4", b"3 4 5"), "line 3, got 4 fields"
    yield "text not a number", text.replace(b"4", b"four"), "numbers in line 3"
    yield "text twice", text.replace(b"b", b"a"), "got 'a' again as word 2"
    yield "text nan", text.replace(b"4", b"nan"), "expected finite numbers"
    yield "text not UTF-8", text.replace(b"b", b"\xff"), "expected words in UTF-8"
    yield "text more than said", text + b"d 7 8", "expected 3 words, as its first line says, got more"
    yield "binary more than said", binary + binary[4:], "expected 2 words, as its first line says, got more"
    yield "binary cut", binary[:-5], "expected 2 words, got only 1"
    yield "binary cut in a word", binary[:14], "expected 2 words, got only 1"
    yield "binary nan", binary.replace(np.float32(4).tobytes(), np.float32("nan").tobytes()), "expected finite numbers"
    yield "binary not UTF-8", binary.replace(b"b ", b"\xfe "), "expected words in UTF-8"
    yield "binary no word", binary.replace(b"b ", b" "), "expected a word before the numbers"
    yield "binary with a wrong width", binary.replace(b"2 2", b"2 3"), "expected"
    yield (
        "zip cut",
        gzip.compress(b"1 500\na " + b" ".join(b"%d" % (n * n) for n in range(500)))[:900],
        "broken off or damaged",
    )
    yield "zip damaged", gzip.compress(text)[:-6] + b"xxxxxx", "broken off or damaged"


@pytest.mark.parametrize(("content", "message"), [pytest.param(c, m, id=i) for i, c, m in broken_files()])
@pytest.mark.parametrize("into", [False, True])
def test_broken_files_say_what_is_wrong_and_leave_nothing(tmp_path, content, message, into):
    (tmp_path / "v").write_bytes(content)
    options = {"into": tmp_path / "kept.npy"} if into else {}
    with pytest.raises(ValueError, match=message) as caught:
        words.load_vectors(tmp_path / "v", **options)
    assert str(tmp_path / "v") in str(caught.value)
    assert [path.name for path in tmp_path.iterdir()] == ["v"]


@given(st.binary(max_size=200))
def test_no_bytes_do_more_than_a_clear_error(tmp_path_factory, content):
    path = tmp_path_factory.mktemp("noise") / "v"
    path.write_bytes(b"2 3\n" + content)
    with pytest.raises(ValueError, match="expected"):
        words.load_vectors(path)


def test_words_that_the_formats_cannot_hold(tmp_path):
    with pytest.raises(ValueError, match="'New York'"):
        words.save_vectors(words.Vectors(["New York"], np.ones((1, 2))), tmp_path / "v.txt")
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(FileNotFoundError):
        words.load_vectors(tmp_path / "nothing.bin")
