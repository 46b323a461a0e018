"""Read and write word vectors: Google's binary and text formats, plain or .gz, and .npy for memory maps.

============  ==========================================================================================
text          "V D", then one line a word: the word and D numbers, separated by spaces
binary        "V D", then for each word: the word, a space, D float32 numbers (little-endian), maybe a newline
.npy          an array (V, D) of NumPy; the words stand beside it in ``.words.txt``, one a line
============  ==========================================================================================

Nothing is half-loaded: a file that is truncated, not UTF-8, of mixed width or not finite raises a ValueError that says
where. Nothing is half-written: files appear under their name when they are complete.
"""

import contextlib
import gzip
import os
import re
from pathlib import Path

import numpy as np

from course_pkg import show
from course_pkg._validate import as_choice, as_int, describe
from course_pkg.words.vectors import BLOCK, Vectors

HEADER = re.compile(rb"\s*(\d+)\s+(\d+)\s*$")
LONGEST = 4096  # bytes of a word or of a header


def load_vectors(path, *, limit=None, dtype="float32", into=None):
    """Return the :class:`Vectors` in the file ``path``; which of the formats it has is seen from its content.

    ``limit`` takes only the first words (Google's files have the frequent ones first). ``dtype`` is "float32" or
    "float16". ``into`` = "name.npy" streams the numbers to that file, so that a file of any size needs little memory,
    and returns a memory map of it; a .npy file is always opened as a memory map.

    Raises FileNotFoundError, or ValueError naming the file, the place, what came and what was expected.
    Source: word2vec program (Mikolov et al., 2013).
    """
    path = Path(path)
    as_choice("dtype", dtype, ("float32", "float16"))
    limit = None if limit is None else as_int("limit", limit, minimum=1)
    if into is not None and Path(into).suffix != ".npy":
        raise ValueError(f"into: expected a name that ends in .npy, got {describe(str(into))}")
    if path.suffix == ".npy":
        return _open_map(path, limit)
    with path.open("rb") as raw:
        zipped = raw.read(2) == b"\x1f\x8b"
    try:
        with gzip.open(path, "rb") if zipped else path.open("rb") as file:
            return _read(file, path, limit, dtype, into)
    except (EOFError, gzip.BadGzipFile) as error:
        raise ValueError(
            f"{path}: expected a complete .gz file, got one that is broken off or damaged ({error})"
        ) from error


def save_vectors(vectors, path, *, binary=None):
    """Write ``vectors`` to ``path``: .npy for a memory map, else Google's format, compressed if the name ends in .gz.

    ``binary`` says which of Google's formats; left out, it is binary for .bin and .bin.gz, else text. Binary holds
    float32; text holds the shortest decimals that read back as the same numbers.
    Raises TypeError or ValueError naming the argument that is wrong, such as a word with a space in it.
    """
    path = Path(path)
    if not isinstance(vectors, Vectors):
        raise TypeError(f"vectors: expected Vectors, got {describe(vectors)}")
    bad = next((word for word in vectors.words if not word or re.search(r"\s", word)), None)
    if bad is not None:
        raise ValueError(f"vectors: expected words without white space, as the formats separate by it, got {bad!r}")
    if path.suffix == ".npy":
        with appearing(path) as name, name.open("wb") as file:
            np.save(file, vectors.array)
        with appearing(_words_file(path)) as name:
            name.write_text("\n".join(vectors.words) + "\n", encoding="utf-8")
        return
    if binary is None:
        binary = ".bin" in path.suffixes[-2:]
    with appearing(path) as name, gzip.open(name, "wb") if path.suffix == ".gz" else name.open("wb") as file:
        file.write(f"{len(vectors)} {vectors.array.shape[1]}\n".encode())
        for word, row in zip(vectors.words, vectors.array, strict=True):
            numbers = row.astype("<f4").tobytes() if binary else " ".join(map(_decimal, row)).encode()
            file.write(word.encode() + b" " + numbers + b"\n")


def _decimal(number):
    return np.format_float_positional(number, unique=True, trim="-")


@contextlib.contextmanager
def appearing(path):
    """Give a temporary name beside ``path``; rename it when all went well, delete it when not."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _words_file(path):
    return path.with_suffix(".words.txt")


def _open_map(path, limit):
    try:
        array = np.load(path, mmap_mode="c", allow_pickle=False)  # the file stays as it is
    except ValueError as error:
        raise ValueError(f"{path}: expected an array that NumPy saved, got another file ({error})") from error
    words = _words_file(path).read_text(encoding="utf-8").split("\n")[:-1]
    if len(words) != len(array):
        raise ValueError(
            f"{_words_file(path)}: expected {len(array)} words, one a row of {path.name}, got {len(words)}"
        )
    return Vectors(words[:limit], array[:limit])


def _read(file, path, limit, dtype, into):
    first = file.readline(LONGEST)
    found = HEADER.match(first)
    if not found:
        raise ValueError(
            f"{path}: expected a first line 'words numbers', such as '3000000 300', got {first[:60]!r}. "
            "Files without it, such as GloVe's, need that line added"
        )
    total, size = map(int, found.groups())
    if total == 0 or size == 0:
        raise ValueError(f"{path}: expected at least one word and one number, got {total} words of {size} numbers")
    count = total if limit is None else min(limit, total)
    start = file.tell()
    line = file.readline(LONGEST + 40 * size)
    text = len(line.split()) > 1 and re.fullmatch(rb"\S+(?:[ \t]+[-+]?(?:[0-9.]+(?:[eE][-+]?\d+)?|nan|inf))+\s*", line)
    file.seek(start)
    rows = (_text_rows if text else _binary_rows)(file, path, count, size, whole=count == total)
    rows = show.progress(rows, path.name, total=count)
    if into is None:
        array = np.empty((count, size), dtype)
        return Vectors(_fill(array, rows, path), array)
    into = Path(into)
    with appearing(into) as name:
        array = np.lib.format.open_memmap(name, mode="w+", dtype=dtype, shape=(count, size))
        words = _fill(array, rows, path)
        array.flush()
        with appearing(_words_file(into)) as list_name:
            list_name.write_text("\n".join(words) + "\n", encoding="utf-8")
    return _open_map(into, None)


def _fill(array, rows, path):
    words, seen = [], set()
    with np.errstate(over="ignore"):
        for i, (word, numbers) in enumerate(rows):
            try:
                words.append(word.decode("utf-8"))
            except UnicodeDecodeError:
                raise ValueError(f"{path}: expected words in UTF-8, got {word!r} as word {i + 1}") from None
            if words[-1] in seen:
                raise ValueError(f"{path}: expected different words, got {words[-1]!r} again as word {i + 1}")
            seen.add(words[-1])
            array[i] = numbers
            if not np.isfinite(array[i]).all():
                raise ValueError(
                    f"{path}: expected finite numbers in the range of {array.dtype}, got others for {words[-1]!r}"
                )
    return words


def _text_rows(file, path, count, size, whole):
    for i in range(count):
        parts = file.readline().split()
        if not parts:
            raise ValueError(f"{path}: expected {count} words, got only {i}: the file is broken off")
        if len(parts) != size + 1:
            raise ValueError(f"{path}: expected a word and {size} numbers in line {i + 2}, got {len(parts)} fields")
        try:
            yield parts[0], np.array(parts[1:], dtype=np.float32)
        except ValueError:
            raise ValueError(
                f"{path}: expected {size} numbers in line {i + 2}, got {b' '.join(parts)[:60]!r} …"
            ) from None
    if whole:
        _expect_end(file, path, count, b"")


def _binary_rows(file, path, count, size, whole):
    buffer, place = b"", 0
    for i in range(count):
        while True:
            end = buffer.find(b" ", place)
            if end >= 0 and len(buffer) >= end + 1 + 4 * size:
                break
            if end < 0 and len(buffer) - place > LONGEST:
                raise ValueError(
                    f"{path}: expected a word and a space, got {LONGEST} bytes without one at word {i + 1}"
                )
            more = file.read(4 * BLOCK)
            if not more:
                raise ValueError(f"{path}: expected {count} words, got only {i}: the file is broken off")
            buffer, place = buffer[place:] + more, 0
        word = buffer[place:end].lstrip(b"\r\n")
        if not word:
            raise ValueError(f"{path}: expected a word before the numbers, got none at word {i + 1}")
        yield word, np.frombuffer(buffer, "<f4", size, end + 1)
        place = end + 1 + 4 * size
    if whole:
        _expect_end(file, path, count, buffer[place:])


def _expect_end(file, path, count, rest):
    """Raise where more than white space follows the last word; in a .gz file this also checks the checksum."""
    rest += file.read(LONGEST)
    if rest.strip():
        raise ValueError(f"{path}: expected {count} words, as its first line says, got more: {rest.strip()[:40]!r} …")
