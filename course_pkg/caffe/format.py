"""Prototxt: the text format of protocol buffers (Google), as far as Caffe's files use it.

A text is a list of fields; a field is a name with a number, a string, a word, or a message, which is a list of fields
in braces::

    name: "LeNet"            # a scalar has a colon
    layer {                  # a message has braces, with or without a colon before them
      pooling_param: { kernel_size: 2  pool: MAX }
      bottom: "a"  bottom: "b"
    }

Reading it takes three steps, as in any language: cut the text into **tokens**, follow the **grammar** from field to
field, and hold each field against a **schema**, which says what fields a message may have, and of which kind. Every
token knows its line and column, and so does every error.
"""

import difflib
import re
from dataclasses import dataclass, field

TOKEN = re.compile(
    r"""
      (?P<blank>   [^\S\n]+ | \#[^\n]* )
    | (?P<newline> \n )
    | (?P<string>  "(?:[^"\\\n]|\\.)*" | '(?:[^'\\\n]|\\.)*' )
    | (?P<number>  -?(?:0[xX][0-9a-fA-F]+ | (?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?[fF]?)(?![\w.]) )
    | (?P<word>    [A-Za-z_]\w* )
    | (?P<mark>    [{}<>:\[\],;] )
    """,
    re.VERBOSE | re.ASCII,
)
ESCAPE = re.compile(r"\\(?:(?P<octal>[0-7]{1,3})|x(?P<hex>[0-9a-fA-F]{1,2})|(?P<char>.))|[^\\]+", re.DOTALL)
ESCAPED = dict(zip("abfnrtv\\'\"?", "\a\b\f\n\r\t\v\\'\"?", strict=True))
CLOSING = {"{": "}", "<": ">"}


class PrototxtError(ValueError):
    """Something is wrong in a prototxt; ``line`` and ``column`` (both from 1) say where, the text shows the place."""

    def __init__(self, problem, source, line, column):
        self.problem, self.line, self.column = problem, line, column
        text = source.split("\n")[line - 1]
        caret = re.sub(r"[^\t]", " ", text[: column - 1]) + "^"
        super().__init__(f"line {line}, column {column}: {problem}\n    {text}\n    {caret}")


def suggestion(word, choices):
    """Return what an error message adds to an unknown ``word``: the choice that looks like it, or else all of them."""
    close = difflib.get_close_matches(word, choices, 1)
    return f"did you mean {close[0]!r}?" if close else f"expected one of {', '.join(choices)}"


@dataclass(frozen=True)
class Field:
    """What a schema says of one field: its ``kind``, its value where it is left out, and whether it may be repeated.

    ``kind`` is "string", "bool", "int", "uint" (an integer ≥ 0), "float", a tuple of words (an enum), or a Schema.
    """

    kind: object
    default: object = None
    repeated: bool = False


@dataclass(frozen=True)
class Schema:
    """The fields that a kind of message may have: name → :class:`Field`."""

    name: str
    fields: dict

    def __repr__(self):
        return f"Schema({self.name!r})"


@dataclass(frozen=True)
class Value:
    """One value in a text, and where it stands."""

    value: object
    line: int = 1
    column: int = 1


@dataclass(eq=False)
class Message:
    """A message: ``message["num_output"]`` is the value of a field, ``"num_output" in message`` whether it was given.

    A field that was not given has its default, a repeated one is a list, a message that was not given is an empty one.
    Two messages are equal when they say the same, wherever it stands. Asking for a field that the schema does not have
    is a KeyError.
    """

    schema: Schema
    source: str = ""
    line: int = 1
    column: int = 1
    values: dict = field(default_factory=dict)  # name → list of Value

    def __getitem__(self, name):
        kind, given = self.schema.fields[name], [entry.value for entry in self.values.get(name, ())]
        if kind.repeated:
            return given
        if given:
            return given[0]
        return (
            Message(kind.kind, self.source, self.line, self.column) if isinstance(kind.kind, Schema) else kind.default
        )

    def __contains__(self, name):
        return name in self.values

    def __eq__(self, other):
        if not isinstance(other, Message) or self.schema.name != other.schema.name:
            return False
        return self.values.keys() == other.values.keys() and all(
            [entry.value for entry in values] == [entry.value for entry in other.values[name]]
            for name, values in self.values.items()
        )

    __hash__ = None

    def add(self, name, value, line=1, column=1):
        """Add a value to the field ``name``, which the schema must have; the parser and programs build messages so."""
        self.values.setdefault(name, []).append(Value(value, line, column))

    def error(self, problem, name=None, index=0):
        """Return a :class:`PrototxtError` at this message, or at value ``index`` of its field ``name``."""
        values = self.values.get(name, ())
        place = values[index] if index < len(values) else self
        return PrototxtError(problem, self.source, place.line, place.column)

    def require(self, name):
        """Return the value of the field ``name``; raise a PrototxtError when it was not given."""
        if name not in self:
            raise self.error(f"{self.schema.name} needs the field {name!r}")
        return self[name]


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    line: int
    column: int


def _tokens(source):
    """Return the tokens of ``source``; the last one is its end."""
    tokens, line, start, position = [], 1, 0, 0
    while position < len(source):
        match = TOKEN.match(source, position)
        if match is None:
            what = repr(re.match(r"[\w.+-]+|.", source[position:]).group())
            if source[position] in "\"'":
                what = "a string that is not closed on its line"
            raise PrototxtError(f"cannot read {what}", source, line, position - start + 1)
        if match.lastgroup == "newline":
            line, start = line + 1, match.end()
        elif match.lastgroup != "blank":
            tokens.append(_Token(match.lastgroup, match.group(), line, position - start + 1))
        position = match.end()
    return [*tokens, _Token("end", "the end of the text", line, position - start + 1)]


class _Parser:
    def __init__(self, source):
        self.source, self.tokens, self.next = source, _tokens(source), 0

    @property
    def token(self):
        return self.tokens[self.next]

    def take(self):
        token = self.token
        self.next += token.kind != "end"
        return token

    def skip(self, marks):
        """Take the next token if it is one of ``marks``; return it, or None."""
        return self.take() if self.token.kind == "mark" and self.token.text in marks else None

    def error(self, problem, token):
        return PrototxtError(problem, self.source, token.line, token.column)

    def fields(self, message, opening=None):
        """Read fields into ``message`` up to the mark that closes ``opening``, or to the end of the text."""
        while True:
            if opening and self.skip(CLOSING[opening.text]):
                return message
            if self.token.kind == "end":
                if opening:
                    raise self.error(f"this {opening.text!r} is never closed", opening)
                return message
            self.field(message)
            self.skip(",;")

    def field(self, message):
        """Read one field: a name, and a value or a list of values."""
        token = self.take()
        if token.kind != "word":
            raise self.error(f"expected the name of a field, got {token.text}", token)
        kind = message.schema.fields.get(token.text)
        if kind is None:
            hint = suggestion(token.text, message.schema.fields)
            raise self.error(f"{message.schema.name} has no field {token.text!r}; {hint}", token)
        if token.text in message and not kind.repeated:
            first = message.values[token.text][0].line
            raise self.error(
                f"the field {token.text!r} may stand once in {message.schema.name}; it stands in line {first} already",
                token,
            )
        colon = self.skip(":")
        if colon and kind.repeated and self.skip("["):
            while not self.skip("]"):
                self.value(message, token, kind, colon)
                if not self.skip(",") and self.token.text != "]":
                    raise self.error(f"expected ',' or ']' in the list, got {self.token.text}", self.token)
        else:
            self.value(message, token, kind, colon)

    def value(self, message, name, kind, colon):
        """Read one value of the field ``name`` and add it to ``message``."""
        token = self.token
        if isinstance(kind.kind, Schema):
            opening = self.skip("{<")
            if not opening:
                raise self.error(f"{name.text}: expected a message in braces, got {token.text}", token)
            inner = Message(kind.kind, self.source, name.line, name.column)
            message.add(name.text, self.fields(inner, opening), name.line, name.column)
            return
        if not colon:
            raise self.error(f"expected ':' after {name.text!r}, got {token.text}", token)
        message.add(name.text, self.scalar(name.text, kind.kind), name.line, name.column)

    def scalar(self, name, kind):
        """Read a string, a number, or a word; raise a PrototxtError when it is not of the ``kind`` that is expected."""
        token = self.take()
        if kind == "string" and token.kind == "string":
            parts = [token]
            while self.token.kind == "string":  # neighbours are one string
                parts.append(self.take())
            return "".join(self.unquoted(part) for part in parts)
        if kind == "bool" and token.text in ("true", "false", "True", "False", "t", "f", "1", "0"):
            return token.text in ("true", "True", "t", "1")
        if isinstance(kind, tuple) and token.kind == "word" and token.text in kind:
            return token.text
        if token.kind == "number" and kind in ("int", "uint", "float"):
            number = _number(token.text)
            if kind == "float" and abs(float(number)) != float("inf"):
                return float(number)
            if isinstance(number, int) and kind != "float" and (kind == "int" or number >= 0):
                return number
        expected = {
            "string": 'a string in quotes, such as "conv1"',
            "bool": "true or false",
            "int": "an integer",
            "uint": "an integer ≥ 0",
            "float": "a number",
        }
        wanted = f"one of {', '.join(kind)}" if isinstance(kind, tuple) else expected[kind]
        raise self.error(f"{name}: expected {wanted}, got {token.text}", token)

    def unquoted(self, token):
        """Return the text of a string token, without its quotes and with its escapes replaced."""
        octets = bytearray()  # an escape such as \303 is one byte of UTF-8, so bytes come first
        for match in ESCAPE.finditer(token.text[1:-1]):
            if match["octal"]:
                octets.append(int(match["octal"], 8) & 0xFF)
            elif match["hex"]:
                octets.append(int(match["hex"], 16))
            elif match["char"] and match["char"] not in ESCAPED:
                raise self.error(f"unknown escape {match.group()} in a string", token)
            else:
                octets += (ESCAPED[match["char"]] if match["char"] else match.group()).encode()
        try:
            return octets.decode()
        except UnicodeDecodeError:
            raise self.error("the escapes in this string are not UTF-8", token) from None


def _number(text):
    """Return the int or float that a number token stands for; 0x1F is hexadecimal and 017 octal, as in C."""
    digits = text.removeprefix("-")
    if digits[:2] in ("0x", "0X"):
        number = int(digits, 16)
    elif re.fullmatch(r"0[0-7]+", digits):
        number = int(digits, 8)
    elif digits.isdigit():
        number = int(digits)
    else:
        number = float(digits.rstrip("fF"))
    return -number if text.startswith("-") else number


def parse(text, schema):
    """Return the :class:`Message` that a prototxt says, its fields held against ``schema``.

    Raises PrototxtError, with line and column, for text that is not in the format, a field that the schema does not
    have, a value of the wrong kind, and a second value where only one may stand; TypeError when ``text`` is no string.
    """
    if not isinstance(text, str):
        raise TypeError(f"text: expected the text of a prototxt, got {type(text).__name__}")
    return _Parser(text).fields(Message(schema, text))


def to_text(message, indent=0):
    """Return ``message`` as prototxt, one field a line; parsing it gives an equal message."""
    lines, margin = [], "  " * indent
    for name, values in message.values.items():
        kind = message.schema.fields[name].kind
        for entry in values:
            if isinstance(kind, Schema):
                lines += [f"{margin}{name} {{\n{to_text(entry.value, indent + 1)}{margin}}}\n"]
            else:
                lines.append(f"{margin}{name}: {_scalar_text(entry.value, kind)}\n")
    return "".join(lines)


def _scalar_text(value, kind):
    if kind == "string":
        return '"' + re.sub(r'[\x00-\x1f\x7f"\\]', lambda match: f"\\{ord(match.group()):03o}", value) + '"'
    if kind == "bool":
        return "true" if value else "false"
    return value if isinstance(kind, tuple) else repr(value)
