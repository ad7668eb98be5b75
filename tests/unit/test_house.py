"""The house rules that no linter holds: lengths, words, one licence, every trouble in the guide."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from appliance.core.snapshot import BoxState
from appliance.panel.patterns import describe

HOUSE = Path(__file__).parents[2]
SOURCES = sorted(HOUSE.glob("appliance/**/*.py"))
EVERYTHING = sorted({*SOURCES, *HOUSE.glob("models/**/*.py"), *HOUSE.glob("tests/**/*.py")})
FILE_LINES, FUNCTION_LINES = 400, 55
FORGOTTEN = re.compile(r"\b(TODO|FIXME|XXX|NotImplementedError)\b")
SOMEBODYS_FOLDER = re.compile(r"(?<![\w.])/(home|Users|root|work|workspace|mnt)/\w")
PROBLEMS = {"Problem"}  # and every class that is made of it
ANYTHING = "[a-z-]+"
CODE = re.compile(r"[a-z]+(-[a-z0-9]+)*")


def name(path: Path) -> str:
    return str(path.relative_to(HOUSE))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    return (n for n in ast.walk(tree(path)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))


def length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    return (function.end_lineno or 0) - function.lineno + 1


def test_no_file_is_long() -> None:
    lengths = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in EVERYTHING}
    assert {file: lines for file, lines in lengths.items() if lines > FILE_LINES} == {}


def test_no_function_is_long() -> None:
    found = [f"{name(p)}:{f.lineno} {f.name} {length(f)}" for p in EVERYTHING for f in functions(p)]
    assert [entry for entry in found if int(entry.split()[-1]) > FUNCTION_LINES] == []


def test_every_module_says_what_it_is() -> None:
    silent = [path for path in SOURCES if path.stat().st_size and not ast.get_docstring(tree(path))]
    assert [name(path) for path in silent] == []


def test_nothing_was_left_for_later() -> None:
    assert [name(path) for path in SOURCES if FORGOTTEN.search(path.read_text(encoding="utf-8"))] == []


def texts() -> Iterator[Path]:
    """Everything that is written by hand, without what git ignores and without this file."""
    for folder in ("appliance", "models", "systemd", "docs", "tests", "hw", "image", ".ci"):
        for path in sorted((HOUSE / folder).glob("**/*")):
            if path.is_file() and path != Path(__file__) and "__pycache__" not in path.parts:
                yield path
    yield from (
        path for path in sorted(HOUSE.glob("*")) if path.suffix in (".md", ".toml") or not path.suffix
    )


def test_no_developers_folder_is_named() -> None:
    found = []
    for path in texts():
        try:
            text = path.read_text(encoding="utf-8") if path.is_file() else ""
        except UnicodeDecodeError:
            continue
        found += [f"{name(path)}: {match.group()}" for match in SOMEBODYS_FOLDER.finditer(text)]
    assert found == []


def test_the_licence_is_the_whole_apache_2() -> None:
    text = (HOUSE / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
    assert 'license = "Apache-2.0"' in (HOUSE / "pyproject.toml").read_text(encoding="utf-8")


def problem_classes(trees: list[ast.Module]) -> set[str]:
    """Problem and what inherits from it, directly or not."""
    classes = [node for module in trees for node in ast.walk(module) if isinstance(node, ast.ClassDef)]
    known = set(PROBLEMS)
    while True:
        more = {c.name for c in classes if any(isinstance(b, ast.Name) and b.id in known for b in c.bases)}
        if more <= known:
            return known
        known |= more


def helpers(trees: list[ast.Module]) -> set[str]:
    """Functions that make a Problem of the ``code`` that they are given first."""
    found = (node for module in trees for node in ast.walk(module) if isinstance(node, ast.FunctionDef))
    return {function.name for function in found if [a.arg for a in function.args.args[:1]] == ["code"]}


def codes_in(module: ast.Module, makers: set[str]) -> Iterator[str]:
    """What Problem(...), Issue(...), their children and helpers get as code, as regular expressions."""
    for call in (node for node in ast.walk(module) if isinstance(node, ast.Call)):
        maker = call.func.id if isinstance(call.func, ast.Name) else getattr(call.func, "attr", "")
        given = [*call.args[:1], *(word.value for word in call.keywords if word.arg == "code")]
        for value in given if maker in {*makers, "Issue", "__init__"} else []:
            code = spelled(value)
            if CODE.fullmatch(code.replace(ANYTHING, "x")):
                yield code


def spelled(value: ast.expr) -> str:
    """The literal; of an f-string, what is not known here may be anything."""
    if isinstance(value, ast.JoinedStr):
        return "".join(spelled(part) for part in value.values)
    if isinstance(value, ast.FormattedValue):
        return ANYTHING
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else ""


def all_codes() -> set[str]:
    trees = [tree(path) for path in SOURCES]
    makers = problem_classes(trees) | helpers(trees)
    return {code for module in trees for code in codes_in(module, makers)}


def test_the_guide_names_every_trouble_and_no_other() -> None:
    guide = (HOUSE / "docs/guide/troubles.md").read_text(encoding="utf-8")
    told = set(re.findall(r"^\| `([a-z0-9-]+)` \|", guide, flags=re.MULTILINE))
    codes = all_codes()
    untold = [code for code in codes if not any(re.fullmatch(code, one) for one in told)]
    unknown = [one for one in told if not any(re.fullmatch(code, one) for code in codes)]
    assert sorted(untold) == [], "troubles that docs/guide/troubles.md does not name"
    assert sorted(unknown) == [], "troubles that no code raises any more"


@pytest.mark.parametrize(
    ("source", "codes"),
    [
        ('raise Problem("stick-full", "a", "b", "c")', {"stick-full"}),
        ('Problem(code="stick-full", title="a")', {"stick-full"}),
        ('problems.Problem("gone", "a")', {"gone"}),
        ('Problem(f"{role.value}-lost", "a")', {"[a-z-]+-lost"}),
        ('print("stick-full")', set()),
    ],
)
def test_the_search_for_troubles_finds_them(source: str, codes: set[str]) -> None:
    assert set(codes_in(ast.parse(source), {"Problem"})) == codes


def test_every_decision_has_its_three_parts() -> None:
    records = sorted(HOUSE.glob("docs/adr/[0-9]*.md"))
    assert len(records) >= 9
    for number, path in enumerate(records, start=1):
        text = path.read_text(encoding="utf-8")
        assert path.name.startswith(f"{number:04d}-"), path.name
        assert re.match(rf"# {number}\. ", text), path.name
        assert all(f"\n## {part}\n" in text for part in ("Context", "Decision", "Consequences")), path.name


def test_the_caretakers_guide_tells_the_lights_as_they_are() -> None:
    guide = (HOUSE / "docs/guide/first-day.md").read_text(encoding="utf-8")
    missing = [
        s.value for s in BoxState if not re.search(rf"^\| {describe(s)} \| {s.value}", guide, re.MULTILINE)
    ]
    assert missing == []


def test_the_import_rule_names_every_room() -> None:
    contracts = (HOUSE / ".importlinter").read_text(encoding="utf-8")
    rooms = {path.name for path in (HOUSE / "appliance").iterdir() if (path / "__init__.py").exists()}
    assert (
        sorted(room for room in rooms if not re.search(rf"appliance\.{room}$", contracts, re.MULTILINE)) == []
    )
