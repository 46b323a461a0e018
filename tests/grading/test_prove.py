"""The bench: what it packs together, what it keeps, and a sample through nbgrader's real path."""

import ast
import json
import re
import shutil
from pathlib import Path

import pytest
from bench import Answer, problem_sets

from tools import prove
from tools.mutants import mutants

README = Path(__file__).resolve().parents[2] / "README.md"
SAMPLE = 4  # answers and mutants
SOURCE = """\
def clip(x, low=0):
    ### BEGIN SOLUTION
    if x < low:
        raise ValueError(f"{x} is below {low + 1}")
    y = x.T[1:]
    return y.sum(axis=0) / len(y)
    ### END SOLUTION

def other():
    return 1 + 1
"""


def test_mutants_have_one_slip_between_the_marks():
    found = list(mutants(SOURCE))
    lines = {(m.was, m.now) for m in found}
    assert {
        ("if x < low:", "if x <= low:"),
        ("if x < low:", "if x > low:"),
        ("if x < low:", "if not x < low:"),
        ("if x < low:", ""),
        ("raise ValueError(f'{x} is below {low + 1}')", ""),
        ("y = x.T[1:]", "y = x[1:]"),
        ("y = x.T[1:]", "y = x.T[2:]"),
        ("y = x.T[1:]", "y = x.T[:]"),
        ("y = x.T[1:]", "y = x.T"),
        ("return y.sum(axis=0) / len(y)", "return y.mean(axis=0) / len(y)"),
        ("return y.sum(axis=0) / len(y)", "return y.sum(axis=1) / len(y)"),
        ("return y.sum(axis=0) / len(y)", "return y.sum() / len(y)"),
        ("return y.sum(axis=0) / len(y)", "return y.sum(axis=0) * len(y)"),
        ("return y.sum(axis=0) / len(y)", "return len(y) / y.sum(axis=0)"),
    } <= lines
    assert not [line for line in lines if "below" in line[1]]  # texts of errors stay
    assert len({m.code for m in found}) == len(found)
    for mutant in found:
        tree = ast.parse(mutant.code)
        assert ast.unparse(tree.body[1]) == "def other():\n    return 1 + 1"
        assert mutant.code != ast.unparse(ast.parse(SOURCE))


def test_answers_to_one_task_and_with_names_in_common_are_kept_apart():
    plain = [Answer(task, "", f"def f{task}(x):\n    return helper(x)") for task in "aab"]
    helping = Answer("c", "", "def helper(x):\n    return x\n\ndef fc(x):\n    return helper(x)")
    keeping = Answer("d", "", "def fd(x):\n    global memory\n    memory = x")
    using = Answer("e", "", "memory = {}\n\ndef fe(x):\n    return memory")
    together = prove.pack([*plain, helping, keeping, using])
    assert [[answer.task for answer in column] for column in together] == [["a", "b", "d"], ["a", "e"], ["c"]]


def test_every_answer_of_the_banks_is_packed_once():
    for problem_set in problem_sets():
        answers = [*problem_set.wrong, *problem_set.right]
        columns = prove.pack(answers)
        assert sorted(answer for column in columns for answer in column) == sorted(answers)
        assert all(len({answer.task for answer in column}) == len(column) for column in columns)


def test_one_problem_set_can_be_chosen():
    bench = prove.Bench(only=["ps1"])
    assert [s.name for s in bench.sets] == ["ps1"]
    assert {name for name, *_ in [*bench.answers, *bench.slips]} == {"ps1"}
    assert len(bench.stale()) == sum(name == "ps1" for name, *_ in prove.equivalent())  # no mutant has run yet
    with pytest.raises(SystemExit):
        prove.main(["--set", "ps9"])


@pytest.fixture(scope="module")
def benches(tmp_path_factory):
    """Two benches with the same sample and the same folder of results."""
    kept = tmp_path_factory.mktemp("kept")
    return [prove.Bench(sample=SAMPLE, kept=kept) for _ in range(2)]


@pytest.fixture(scope="module")
def proved(benches):
    """A bench that has run, from nothing."""
    benches[0].run(workers=1)
    return benches[0]


def test_a_sample_comes_out_as_it_should(proved):
    assert len(proved.verdicts) == len(proved.survived) == SAMPLE
    assert proved.problems() == []
    total = sum(proved.counts().values(), prove.Counter())
    assert total["wrong"] == total["named"] == total["of wrong"] > 0
    assert total["right"] == total["of right"] == SAMPLE - total["wrong"]
    assert total["mutants"] + total["equal"] == SAMPLE
    assert "100.0 %" in prove.report(proved.counts())


def test_a_second_run_takes_what_was_kept(proved, benches):
    again = benches[1]
    files = {file: file.stat().st_mtime_ns for file in proved.kept.iterdir()}
    again.run(workers=1)
    assert again.counts() == proved.counts()
    assert {file: file.stat().st_mtime_ns for file in proved.kept.iterdir()} == files


def test_what_does_not_come_out_is_reported_and_fails(proved, tmp_path, capsys):
    """Results are turned round: full points for wrong answers, none for right ones, and mutants that survive."""
    kept = tmp_path / "kept"
    shutil.copytree(proved.kept, kept)
    for file in kept.iterdir():
        result = json.loads(file.read_text())
        if isinstance(result, list):
            result = [not survived for survived in result]
        else:
            result |= {"share": 1 - result["share"], "message": "✗"}
        file.write_text(json.dumps(result))
    assert prove.main(["--sample", str(SAMPLE), "--workers", "1", "--kept", str(kept)]) == 1
    text = capsys.readouterr().out
    for figure in prove.FIGURES.values():
        assert f"{figure:<32}    0 of " in text
    right = sum(answer.kind is None for _, answer, _ in proved.verdicts)
    assert text.count("not among right answers accepted: ps") == right
    assert text.count("not among wrong answers caught and messages that name the fault: ps") == SAMPLE - right
    assert text.count("mutant survives: ps") == sum(not survived for *_, survived in proved.survived)


def test_the_readme_says_how_many_there_are():
    bench = prove.Bench()
    wrong = sum(answer.kind is not None for _, answer in bench.answers)
    said = re.search(r"`make prove`.*?\.\n", README.read_text(encoding="utf-8"), re.S)[0]
    numbers = [int(number.replace(",", "")) for number in re.findall(r"[\d,]*\d", said)]
    slips, listed = len(bench.slips), len(prove.equivalent())
    parts = sum(len(s.tasks) for s in bench.sets)
    assert numbers == [parts, wrong, len(bench.answers) - wrong, slips, slips - listed]


def test_equivalent_mutants_have_reasons_and_exist():
    there = {
        (s.name, task, m.was, m.now)
        for s in problem_sets()
        for task in s.tasks
        for m in mutants(s.cells[f"task-{task}"].source)
    }
    assert set(prove.equivalent()) <= there
    assert all(len(reason.split()) > 4 for reason in prove.equivalent().values())
