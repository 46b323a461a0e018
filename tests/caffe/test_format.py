import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_pkg.caffe.format import Field, Message, PrototxtError, Schema, parse, to_text
from course_pkg.caffe.schema import NET, SOLVER

few = settings(max_examples=100, derandomize=True, deadline=None)
INNER = Schema("Inner", {"deep": Field("int", 7), "word": Field(("RED", "BLUE"), "RED", repeated=True)})
ALL = Schema(
    "All",
    {
        "text": Field("string", "none"),
        "texts": Field("string", repeated=True),
        "whole": Field("int"),
        "size": Field("uint", 1),
        "sizes": Field("uint", repeated=True),
        "real": Field("float", 0.5),
        "flag": Field("bool", False),
        "colour": Field(("RED", "BLUE"), "RED"),
        "inner": Field(INNER),
        "inners": Field(INNER, repeated=True),
    },
)


def error(text, schema=ALL):
    with pytest.raises(PrototxtError) as caught:
        parse(text, schema)
    return caught.value


def test_every_kind_of_value():
    message = parse(
        """
        # a comment with { braces and "quotes
        text: "a" whole: -5, size: 0x1F; real: .5e1  # another
        flag: true colour: BLUE
        inner { deep: 017 word: RED word: BLUE }
        inners: { deep: 1 } inners < >
        sizes: [1, 2] sizes: 3 texts: 'it''s' texts: "x#y"
        """,
        ALL,
    )
    assert [message[name] for name in ("text", "whole", "size", "real", "flag", "colour")] == [
        *("a", -5, 31, 5.0, True, "BLUE")
    ]
    assert (message["inner"]["deep"], message["inner"]["word"]) == (15, ["RED", "BLUE"])
    assert [inner["deep"] for inner in message["inners"]] == [1, 7]
    assert message["sizes"] == [1, 2, 3]
    assert message["texts"] == ["its", "x#y"]


def test_what_is_not_given_has_its_default():
    message = parse("", ALL)
    assert [message[name] for name in ("text", "whole", "size", "sizes", "flag")] == ["none", None, 1, [], False]
    assert message["inner"]["deep"] == 7
    assert "inner" not in message
    with pytest.raises(KeyError):
        message["nothing"]


@pytest.mark.parametrize(
    ("escaped", "meant"),
    [
        (r"a\n\t\\\"\'", "a\n\t\\\"'"),
        (r"\x41\102\x4a", "ABJ"),
        (r"\345\215\267\347\247\257", "卷积"),
        ("卷积", "卷积"),
        (r"\0", "\0"),
    ],
)
def test_escapes(escaped, meant):
    assert parse(f'text: "{escaped}"', ALL)["text"] == meant


@pytest.mark.parametrize(
    ("text", "line", "column", "problem"),
    [
        ("size: 1\n  siez: 2", 2, 3, "All has no field 'siez'; did you mean 'size'?"),
        ("zzzzzz: 2", 1, 1, "All has no field 'zzzzzz'; expected one of text, texts, whole"),
        ("inner {\n\n  depp: 2 }", 3, 3, "Inner has no field 'depp'; did you mean 'deep'?"),
        ("size: 1\nreal: 2 size: 3", 2, 9, "'size' may stand once in All; it stands in line 1 already"),
        ("inner {} inner {}", 1, 10, "'inner' may stand once"),
        ('size: "1"', 1, 7, 'size: expected an integer ≥ 0, got "1"'),
        ("size: -1", 1, 7, "size: expected an integer ≥ 0, got -1"),
        ("size: 1.5", 1, 7, "size: expected an integer ≥ 0, got 1.5"),
        ("whole: 1e3", 1, 8, "whole: expected an integer, got 1e3"),
        ("real: high", 1, 7, "real: expected a number, got high"),
        ("real: 1e999", 1, 7, "real: expected a number, got 1e999"),
        ("flag: yes", 1, 7, "flag: expected true or false, got yes"),
        ("colour: GREEN", 1, 9, "colour: expected one of RED, BLUE, got GREEN"),
        ('colour: "RED"', 1, 9, "colour: expected one of RED, BLUE"),
        ("text: conv1", 1, 7, 'text: expected a string in quotes, such as "conv1", got conv1'),
        ("size 1", 1, 6, "expected ':' after 'size', got 1"),
        ("size:", 1, 6, "size: expected an integer ≥ 0, got the end of the text"),
        ("inner: 5", 1, 8, "inner: expected a message in braces, got 5"),
        ("\ninner {\n size", 3, 2, "Inner has no field 'size'; expected one of deep, word"),
        ("text: 'a\nb'", 1, 7, "a string that is not closed on its line"),
        ("size: 1 }", 1, 9, "expected the name of a field, got }"),
        ("inner { deep: 1 >", 1, 17, "expected the name of a field, got >"),
        ("a\n\n  inner {", 1, 1, "All has no field 'a'"),
        ("size: 1\n  inner {\n deep: 2", 2, 9, "this '{' is never closed"),
        ("size: 12ab", 1, 7, "cannot read '12ab'"),
        ("sizes: [1 2]", 1, 11, "expected ',' or ']' in the list, got 2"),
        ("size: [1]", 1, 7, "size: expected an integer ≥ 0, got ["),
        (r'text: "\q"', 1, 7, r"unknown escape \q"),
        (r'text: "\377"', 1, 7, "the escapes in this string are not UTF-8"),
        ("size: 1 @", 1, 9, "cannot read '@'"),
    ],
)
def test_errors_say_what_and_where(text, line, column, problem):
    caught = error(text)
    assert (caught.line, caught.column) == (line, column)
    assert problem in caught.problem
    assert str(caught).startswith(f"line {line}, column {column}: ")


def test_an_error_shows_the_place():
    assert str(error("size: 1\n\treal:   x")).split("\n")[1:] == ["    \treal:   x", "    \t        ^"]


def test_a_missing_field_is_missed_at_its_message():
    message = parse("size: 1\n  inner { }", ALL)["inner"]
    with pytest.raises(PrototxtError, match="line 2, column 3: Inner needs the field 'deep'"):
        message.require("deep")


def test_only_text_is_parsed():
    with pytest.raises(TypeError, match="text: expected the text of a prototxt, got bytes"):
        parse(b"size: 1", ALL)


SCALARS = {
    "string": st.text(),
    "int": st.integers(-(2**63), 2**63),
    "uint": st.integers(0, 2**64),
    "float": st.floats(allow_nan=False, allow_infinity=False),
    "bool": st.booleans(),
}


def messages(schema):
    """Any message that the schema allows."""
    values = {
        name: st.lists(
            messages(field.kind)
            if isinstance(field.kind, Schema)
            else st.sampled_from(field.kind)
            if isinstance(field.kind, tuple)
            else SCALARS[field.kind],
            min_size=1,
            max_size=3 if field.repeated else 1,
        )
        for name, field in schema.fields.items()
    }

    def build(chosen):
        message = Message(schema)
        for name, given_values in chosen.items():
            for value in given_values:
                message.add(name, value)
        return message

    return st.fixed_dictionaries({}, optional=values).map(build)


@few
@given(messages(ALL))
def test_what_is_printed_is_read_back(message):
    text = to_text(message)
    assert parse(text, ALL) == message
    assert to_text(parse(text, ALL)) == text


def test_equal_means_saying_the_same():
    assert parse("size: 2 # two", ALL) == parse("\n\nsize  :  0x2", ALL)
    assert parse("size: 1", ALL) != parse("", ALL)  # the default, but written down
    assert parse("size: 1", ALL) != parse("size: 2", ALL)
    assert parse("", NET) != parse("", SOLVER)


@few
@given(st.text(alphabet="abl:{}<>[]\"'\\#\n \t0159.-ex,", max_size=40))
def test_any_text_is_read_or_refused_at_a_place_in_it(text):
    line, column = 1, 1
    try:
        parse(text, NET)
    except PrototxtError as caught:
        line, column = caught.line, caught.column
    lines = text.split("\n")
    assert 1 <= line <= len(lines)
    assert 1 <= column <= len(lines[line - 1]) + 1


def test_every_default_is_of_its_kind():
    def check(schema):
        for name, field in schema.fields.items():
            if isinstance(field.kind, Schema):
                check(field.kind)
            elif field.default is not None:
                message = Message(schema)
                message.add(name, field.default)
                assert parse(to_text(message), schema)[name] in (field.default, [field.default])

    check(NET)
    check(SOLVER)
