"""A generated corpus whose meaning is known: a small grammar writes sentences, and the analogies in it have right
answers."""

from dataclasses import dataclass

from course_pkg._validate import as_generator, as_int


@dataclass(frozen=True)
class Topic:
    """A table of words: each row and each column has words of its own that stand near the words of the table.

    ``rows`` maps the words of a row, one a column, to the row's company; ``columns`` lists each column's company.
    ``patterns`` are sentences: W is replaced by a word of the table, R by one of its row's company, C by one of its
    column's.
    """

    rows: dict[str, str]
    columns: tuple[str, ...]
    patterns: tuple[str, ...]


TOPICS = {
    "royalty and family": Topic(
        rows={
            "king queen": "throne crown palace kingdom royal",
            "prince princess": "castle ball heir royal court",
            "duke duchess": "estate title noble court hunt",
            "man woman": "work office house car neighbour",
            "boy girl": "school toy playground homework child",
            "father mother": "parent family children home dinner",
            "son daughter": "child parent family birthday proud",
            "brother sister": "sibling family quarrel share twin",
            "uncle aunt": "visit gift holiday cousin relative",
        },
        columns=("he his him beard gentleman sir tie", "she her hers dress lady madam skirt"),
        patterns=(
            "the W of the R said that C came",
            "C is a W and thinks of the R",
            "at the R stood the W with C",
            "W and C and the R",
        ),
    ),
    "countries and cities": Topic(
        rows={
            "china shanghai": "chinese yuan dumplings huangpu mandarin",
            "japan tokyo": "japanese yen sushi kimono sumida",
            "france paris": "french baguette seine louvre croissant",
            "germany berlin": "german sausage spree autobahn pretzel",
            "italy rome": "italian pasta tiber pizza espresso",
            "spain madrid": "spanish tapas paella flamenco siesta",
            "russia moscow": "russian rouble kremlin borscht vodka",
            "egypt cairo": "egyptian nile pyramid pharaoh papyrus",
            "england london": "english pound thames cricket pudding",
            "greece athens": "greek olive acropolis feta ouzo",
        },
        columns=(
            "country border army parliament president flag nation",
            "city street mayor tower suburb station airport",
        ),
        patterns=("in W the C is R", "the R of W and its C", "W has a C and R", "people in W like R near the C"),
    ),
    "animals and food": Topic(
        rows={
            "cow beef": "bull milk pasture steak horn",
            "pig pork": "mud piglet ham bacon sty",
            "sheep mutton": "wool lamb shepherd flock fleece",
            "deer venison": "antler forest hunter doe trail",
            "chicken poultry": "egg hen feather coop nest",
            "calf veal": "stable young newborn weaned tender",
        },
        columns=("animal farm runs grass alive barn legs", "food plate cook oven sauce butcher fried"),
        patterns=("the W with R and C", "C and R and W", "a W for the C needs R", "R near the W means C"),
    ),
    "tenses": Topic(
        rows={
            "walk walked": "path foot shoes dog hill",
            "talk talked": "voice phone speech chat gossip",
            "cook cooked": "soup pot stove spoon kitchen",
            "play played": "game ball guitar piano team",
            "write wrote": "letter pen book poem paper",
            "swim swam": "pool lake water beach wave",
            "sing sang": "song choir tune opera melody",
            "drive drove": "road truck wheel garage engine",
        },
        columns=("today now will tomorrow must always often", "yesterday ago already had once before last"),
        patterns=("C they W with the R", "they W by the R C", "C we W for a R", "R and W C"),
    ),
}


def grammar(sentences=12_000, *, rng=0):
    """Return ``sentences`` sentences of the small grammar, each a list of words in lower case.

    Each sentence takes a topic, a word of its table, a pattern, and company for the word, all with equal chances, from
    ``rng`` (a NumPy generator or a seed). Words of one row share the row's company, words of one column the column's:
    that, and nothing else, is what there is to learn. Raises TypeError or ValueError naming the argument.
    """
    count = as_int("sentences", sentences, minimum=1)
    rng = as_generator("rng", rng)
    topics = [
        (
            [
                (word, company.split(), topic.columns[c].split())
                for words, company in topic.rows.items()
                for c, word in enumerate(words.split())
            ],
            [pattern.split() for pattern in topic.patterns],
        )
        for topic in TOPICS.values()
    ]
    corpus = []
    for _ in range(count):
        table, patterns = topics[rng.integers(len(topics))]
        word, row, column = table[rng.integers(len(table))]
        pattern = patterns[rng.integers(len(patterns))]
        slots = {"W": word, "R": row[rng.integers(len(row))], "C": column[rng.integers(len(column))]}
        corpus.append([slots.get(token, token) for token in pattern])
    return corpus


def analogies():
    """Return the questions that the grammar answers, by topic: (a, b, c, d) means a − b + c = d.

    From two rows (b, a) and (c, d) of a table, such as (man, king) and (woman, queen): king − man + woman = queen.
    """
    questions = {}
    for name, topic in TOPICS.items():
        rows = [words.split() for words in topic.rows]
        questions[name] = [
            (first[i], second[i], second[1 - i], first[1 - i])
            for first in rows
            for second in rows
            if first != second
            for i in (0, 1)
        ]
    return questions
