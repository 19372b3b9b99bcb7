"""What is taken out of a tree of git, a wheel or another archive stays in the folder for it."""

from __future__ import annotations

import hashlib
import os
import struct
import subprocess
import sys
import tempfile
import zipfile
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from indicant.cli import main
from indicant.diff import revisions
from indicant.diff.revisions import open_version
from indicant.errors import IndicantError
from indicant.files import archives, members
from indicant.files.bounded import MAX_BYTES
from indicant.files.members import Members
from indicant.files.sources import installed, named
from places import TESTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

GUIDELINE = (TESTS / "diff" / "guideline.ttl").read_bytes()
NAMES = [
    "/absolute.ttl",
    "//absolute.ttl",
    "../above.ttl",
    "a/../../above.ttl",
    "a/../b.ttl",
    "./here.ttl",
    "a/./b.ttl",
    "a//b.ttl",
    ".git/hooks.ttl",
    ".GIT/hooks.ttl",
    "a/.Git/hooks.ttl",
    "a\\b.ttl",
    "..\\above.ttl",
    "C:\\a.ttl",
    "new\nline.ttl",
    "nul\0.ttl",
    "escape\x1b[2J.ttl",
    "bell\x07/a.ttl",
    "delete\x7f.ttl",
    "/".join(["a"] * 41) + ".ttl",
    "a" * 300 + ".ttl",
    "/".join(["a" * 200] * 30) + ".ttl",
]


pytestmark = pytest.mark.usefixtures("away")


@pytest.fixture
def away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a folder beside all that is taken out, in which nothing may appear."""
    outside = tmp_path / "outside"
    (outside / "temporary").mkdir(parents=True)
    monkeypatch.setattr(tempfile, "tempdir", str(outside / "temporary"))
    yield outside
    assert {one.name for one in outside.iterdir()} == {"temporary"}
    assert not list((outside / "temporary").iterdir())


def opened(given: str) -> None:
    with ExitStack() as stack:
        open_version(stack, given)


# ---------------------------------------------------------------------- the one way in


@pytest.mark.parametrize("name", NAMES)
def test_a_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(IndicantError, match=r"it: .*(leads elsewhere|cannot be taken out)"):
        Members(folder, "it").put(name, 1, [b"x"])
    assert [one for one in tmp_path.rglob("*") if not one.is_dir()] == []


def test_names_that_lead_nowhere_else_are_taken(tmp_path: Path) -> None:
    taken = Members(tmp_path, "it")
    for name in ("a.ttl", "a b/ö.ttl", ".hidden/..a.ttl", "...ttl", "a/CON.ttl", "\udcff.ttl"):
        target = taken.put(name, 1, [b"x"])
        assert target is not None
        assert target.read_bytes() == b"x"
        assert target.relative_to(tmp_path).as_posix() == name


def test_two_members_of_one_name_are_refused(tmp_path: Path) -> None:
    """The last does not win; nor does a file take the place of a folder, or the other way round."""
    for names in (["a.ttl", "a.ttl"], ["a.ttl", "a.ttl/b.ttl"], ["a.ttl/b.ttl", "a.ttl"]):
        taken = Members(Path(tempfile.mkdtemp(dir=tmp_path)), "it")
        taken.put(names[0], 1, [b"x"])
        with pytest.raises(IndicantError, match=r"more than one file of the name"):
            taken.put(names[1], 1, [b"y"])
        assert (taken.folder / names[0]).read_bytes() == b"x"


def test_members_have_limits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One too large is left out, and one that lies about it is refused; so are too many."""
    taken = Members(tmp_path, "it")
    assert taken.put("large.ttl", MAX_BYTES + 1, ()) is None
    assert taken.left_out(tmp_path / "large.ttl")
    with pytest.raises(IndicantError, match=r"holds more of liar\.ttl than it says"):
        taken.put("liar.ttl", 3, iter([b"xx", b"xx"]))
    monkeypatch.setattr(members, "MOST_MEMBERS", 5)
    with pytest.raises(IndicantError, match=r"holds more than 5 files or folders"):
        taken.put("a/b/c/d/e/f.ttl", 1, [b"x"])
    taken = Members(tmp_path, "it")
    for number in range(5):
        taken.put(f"{number}.ttl", 1, [b"x"])
    with pytest.raises(IndicantError, match=r"holds more than 5 files or folders"):
        taken.put("5.ttl", 1, [b"x"])
    monkeypatch.setattr(members, "MOST_BYTES", 2_000_000)
    taken = Members(tmp_path / "more", "it")
    with pytest.raises(IndicantError, match=r"unpacks to more than 2 MB"):
        taken.put("6.ttl", 3_000_000, iter([b"x" * 1_000_000] * 3))


# ---------------------------------------------------------------------- trees of git


def git(place: Path, *arguments: str, given: bytes = b"") -> str:
    done = subprocess.run(
        ["git", "-C", str(place), *arguments],
        input=given,
        capture_output=True,
        check=True,
        env={**os.environ, "GIT_CONFIG_GLOBAL": os.devnull},
    )
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    folder.mkdir()
    git(folder, "init", "--quiet")
    return folder


def blob(place: Path, content: bytes = GUIDELINE) -> str:
    return git(place, "hash-object", "-w", "--stdin", given=content)


def tree(place: Path, rows: Sequence[tuple[str, str, str]]) -> str:
    """Write a tree with entries of any mode and name, which git itself would not make."""
    data = b"".join(
        f"{mode} {name}".encode() + b"\0" + bytes.fromhex(digest) for mode, name, digest in rows
    )
    return git(
        place, "hash-object", "-w", "-t", "tree", "--literally", "--stdin", given=data
    ).splitlines()[-1]


def commit(place: Path, top: str) -> str:
    settings = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    return git(place, *settings, "commit-tree", "-m", "hostile", top)


def with_guideline(place: Path, *more: tuple[str, str, str]) -> str:
    """Return a commit with a guideline, and what else there is to be."""
    own = tree(place, [("100644", "guideline.ttl", blob(place))])
    return commit(place, tree(place, [("40000", "back", own), *more]))


@pytest.mark.slow
def test_a_tree_of_git_writes_nowhere_else(
    repository: Path, away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever its entries are called, in it or further down."""
    monkeypatch.chdir(repository)
    one = blob(repository)
    opened(f"{with_guideline(repository)}:back")
    for name in (
        f"{away}/one.ttl",
        "../one.ttl",
        "../../one.ttl",
        "..",
        ".git",
        ".GIT",
        "a/../../one.ttl",
        "new\nline.ttl",
        "back\\one.ttl",
    ):
        entry = ("100644", name, one)
        if name in ("..", ".git", ".GIT"):
            entry = ("40000", name, tree(repository, [("100644", "one.ttl", one)]))
        for row in (entry, ("40000", "below", tree(repository, [entry]))):
            with pytest.raises(IndicantError, match=r"leads elsewhere"):
                opened(f"{with_guideline(repository, row)}:back")


@pytest.mark.slow
def test_links_and_submodules_of_a_tree_are_left_out(
    repository: Path, away: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where something stands below them, or an entry is no file whatever its mode says."""
    monkeypatch.chdir(repository)
    link = blob(repository, str(away).encode())
    commits = with_guideline(repository)
    below = tree(repository, [("100644", "one.ttl", blob(repository))])
    opened(f"{with_guideline(repository, ('120000', 'link.ttl', link))}:back")
    opened(f"{with_guideline(repository, ('160000', 'module.ttl', commits))}:back")
    rows = [("120000", "link", link), ("40000", "link", below)]
    opened(f"{with_guideline(repository, *rows)}:back")
    with pytest.raises(IndicantError, match=r"is no file in this repository"):
        opened(f"{with_guideline(repository, ('100644', 'one.ttl', below))}:back")
    own = tree(repository, [("120000", "guideline.ttl", blob(repository, b"/etc/passwd"))])
    given = commit(repository, tree(repository, [("40000", "back", own)]))
    with pytest.raises(IndicantError, match=r"the folder holds no guideline"):
        opened(f"{given}:back")


def test_two_entries_of_one_name_are_refused(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    one, other = blob(repository), blob(repository, GUIDELINE + b"\n")
    rows = [("100644", "one.ttl", one), ("100644", "one.ttl", other)]
    with pytest.raises(IndicantError, match=r"more than one file of the name one\.ttl"):
        opened(f"{with_guideline(repository, *rows)}:back")


@pytest.mark.slow
def test_a_tree_of_trees_of_trees_is_not_listed_to_its_end(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten trees make ten to the tenth files, of one blob."""
    monkeypatch.chdir(repository)
    monkeypatch.setattr(revisions, "MOST_ENTRIES", 50_000)
    top = tree(repository, [("100644", f"{number}.ttl", blob(repository)) for number in range(10)])
    for _ in range(9):
        top = tree(repository, [("40000", str(number), top) for number in range(10)])
    with pytest.raises(IndicantError, match=r"holds more than 50000 files"):
        opened(f"{with_guideline(repository, ('40000', 'more', top))}:back")


@pytest.mark.slow
def test_the_files_of_a_revision_have_limits(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Their number, the size of all, and that of each, which counts once it is asked for."""
    monkeypatch.chdir(repository)
    many = tree(repository, [("100644", f"{number}.ttl", blob(repository)) for number in range(30)])
    with monkeypatch.context() as patch:
        patch.setattr(members, "MOST_MEMBERS", 20)
        with pytest.raises(IndicantError, match=r"more than 20 files"):
            opened(f"{with_guideline(repository, ('40000', 'more', many))}:back")
    with monkeypatch.context() as patch:
        patch.setattr(members, "MOST_BYTES", 10 * len(GUIDELINE))
        with pytest.raises(IndicantError, match=r"unpacks to more than"):
            opened(f"{with_guideline(repository, ('40000', 'more', many))}:back")
    large = blob(repository, b" " * (MAX_BYTES + 1))
    opened(f"{with_guideline(repository, ('100644', 'large.ttl', large))}:back")
    own = tree(repository, [("100644", "guideline.ttl", large)])
    with pytest.raises(IndicantError, match=r"no such file|too large to be taken out|no guideline"):
        opened(f"{commit(repository, tree(repository, [('40000', 'back', own)]))}:back")
    catalog = (
        b'<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">'
        b'<uri name="https://example.org/large/" uri="../large.ttl"/></catalog>'
    )
    text = GUIDELINE.replace(b"owl:imports ", b"owl:imports <https://example.org/large/> , ", 1)
    assert text != GUIDELINE
    rows = [
        ("100644", "catalog-v001.xml", blob(repository, catalog)),
        ("100644", "guideline.ttl", blob(repository, text)),
    ]
    top = tree(
        repository, [("40000", "back", tree(repository, rows)), ("100644", "large.ttl", large)]
    )
    with pytest.raises(IndicantError, match=r"large\.ttl: .*is too large to be taken out"):
        opened(f"{commit(repository, top)}:back")


def test_a_catalog_of_a_revision_leads_to_no_file_of_the_machine(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    secret = tmp_path / "secret.ttl"
    secret.write_text("s3cret", encoding="utf-8")
    for uri in (str(secret), "../../../../../../../../../../etc/passwd", "/dev/zero"):
        catalog = (
            '<catalog xmlns="urn:oasis:names:tc:entity:xmlns:xml:catalog">'
            f'<uri name="https://example.org/large/" uri="{uri}"/></catalog>'
        )
        text = GUIDELINE.replace(b"owl:imports ", b"owl:imports <https://example.org/large/> , ", 1)
        rows = [
            ("100644", "catalog-v001.xml", blob(repository, catalog.encode())),
            ("100644", "guideline.ttl", blob(repository, text)),
        ]
        top = tree(repository, [("40000", "back", tree(repository, rows))])
        with pytest.raises(IndicantError, match=r"lies outside"):
            opened(f"{commit(repository, top)}:back")


@pytest.mark.slow
@pytest.mark.skipif(os.name == "nt", reason="there are no pipes of a name")
def test_a_repository_with_a_pipe_in_it_does_not_hang(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(repository)
    monkeypatch.setattr(revisions, "_SECONDS", 2)
    given = with_guideline(repository)
    one = blob(repository)
    path = repository / ".git" / "objects" / one[:2] / one[2:]
    path.chmod(0o644)
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(IndicantError, match=r"is not in this copy|git ended|was ended"):
        opened(f"{given}:back")


# ---------------------------------------------------------------------- archives


def zipped(path: Path, rows: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> str:
    with zipfile.ZipFile(path, "w", method) as archive:
        for name, content in rows.items():
            archive.writestr(name, content)
    return str(path)


INSIDE = "indicant/data/ontology/guidelines/back/guideline.ttl"


@pytest.mark.parametrize("name", [one for one in NAMES if "\0" not in one])
def test_an_archive_writes_nowhere_else(tmp_path: Path, name: str) -> None:
    path = tmp_path / "a.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(INSIDE, GUIDELINE)
        one = zipfile.ZipInfo("x")
        one.filename = name
        archive.writestr(one, b"x")
    with pytest.raises(IndicantError, match=r"leads elsewhere|cannot be taken out"):
        opened(str(path))


def test_a_name_that_zero_cuts_short_is_refused(tmp_path: Path) -> None:
    path = Path(zipped(tmp_path / "a.zip", {INSIDE: GUIDELINE, "cutXshort.ttl": b"x"}))
    path.write_bytes(path.read_bytes().replace(b"cutXshort", b"cut\0short"))
    with pytest.raises(IndicantError, match=r"leads elsewhere|cannot be unpacked"):
        opened(str(path))


def test_links_in_an_archive_are_left_out(tmp_path: Path, away: Path) -> None:
    path = tmp_path / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(INSIDE, GUIDELINE)
        for name in ("link.ttl", "pipe.ttl"):
            one = zipfile.ZipInfo(name)
            one.create_system = 3
            one.external_attr = (0o120777 if name == "link.ttl" else 0o010644) << 16
            archive.writestr(one, str(away))
    taken = tmp_path / "taken"
    taken.mkdir()
    archives.unpack(str(path), None, Members(taken, "a.zip"))
    assert [one.name for one in taken.rglob("*") if not one.is_dir()] == ["guideline.ttl"]


def test_an_archive_that_holds_more_than_it_says_is_refused(tmp_path: Path) -> None:
    """A bomb of 30 MB says that it is ten bytes, in both of its headers."""
    path = Path(zipped(tmp_path / "a.zip", {"guideline.ttl": b" " * 30_000_000}))
    assert path.stat().st_size < 100_000
    honest = struct.pack("<L", 30_000_000)
    path.write_bytes(path.read_bytes().replace(honest, struct.pack("<L", 10)))
    with pytest.raises(IndicantError, match=r"cannot be unpacked|than it says"):
        opened(str(path))


@pytest.mark.slow
def test_what_an_archive_unpacks_to_has_limits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = {f"{number}.ttl": b" " * 1_000_000 for number in range(30)} | {INSIDE: GUIDELINE}
    given = zipped(tmp_path / "a.zip", rows)
    with monkeypatch.context() as patch:
        patch.setattr(members, "MOST_BYTES", 10_000_000)
        with pytest.raises(IndicantError, match=r"unpacks to more than 10 MB"):
            opened(given)
    with monkeypatch.context() as patch:
        patch.setattr(members, "MOST_MEMBERS", 20)
        with pytest.raises(IndicantError, match=r"holds more than 20 files"):
            opened(given)
    with monkeypatch.context() as patch:
        patch.setattr(archives, "MOST_BYTES", 1000)
        with pytest.raises(IndicantError, match=r"larger than the limit"):
            opened(given)
    opened(given)
    opened(zipped(tmp_path / "b.zip", {INSIDE: GUIDELINE, "c.ttl": b" " * (MAX_BYTES + 1)}))


@pytest.mark.parametrize("method", [zipfile.ZIP_LZMA, zipfile.ZIP_BZIP2])
def test_an_archive_is_compressed_as_wheels_are(tmp_path: Path, method: int) -> None:
    """The other ways need what memory an archive asks for, and end in errors of their own."""
    given = zipped(tmp_path / "a.zip", {INSIDE: GUIDELINE}, method)
    with pytest.raises(IndicantError, match=r"compressed in a way that is not read"):
        opened(given)


@pytest.mark.slow
def test_a_broken_archive_is_told_in_one_line(tmp_path: Path) -> None:
    """Of 200 archives with bytes changed at places that a digest chooses, none ends otherwise."""
    rows = {INSIDE: GUIDELINE, "more.ttl": b"x", "two/guideline.ttl": GUIDELINE}
    whole = Path(zipped(tmp_path / "whole.zip", rows)).read_bytes()
    path = tmp_path / "a.zip"
    told: list[str] = []
    for number in range(200):
        data = bytearray(whole)
        digest = hashlib.sha256(str(number).encode()).digest()
        for index in range(0, 12, 4):
            place, value = int.from_bytes(digest[index : index + 3]), digest[index + 3]
            back = 400 if index % 8 else len(data)
            data[len(data) - 1 - place % back] = value
        path.write_bytes(data if number % 7 else data[: digest[30] * 8])
        try:
            opened(f"{path}:back")
        except IndicantError as error:
            told.append(error.message)
    assert 100 < len(told) < 200
    assert not [message for message in told if "\n" in message]


@pytest.mark.slow
@pytest.mark.many(1000)
@pytest.mark.skipif(os.name == "nt", reason="there are no pipes of a name")
@pytest.mark.parametrize("name", ["a.whl", "a.zip:back", "a.ttl"])
def test_a_version_that_is_a_pipe_does_not_hang(tmp_path: Path, name: str) -> None:
    os.mkfifo(tmp_path / name.partition(":")[0])
    done = subprocess.run(
        [sys.executable, "-m", "indicant.cli", "diff", name, name],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2, done.stderr


# ---------------------------------------------------------------------- names of guidelines


@pytest.mark.slow
def test_two_guidelines_of_one_name_in_a_wheel_are_told_apart(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither wins: both are named, and each can be meant by its path."""
    rows = {"guidelines/back/guideline.ttl": GUIDELINE, "more/back/guideline.ttl": GUIDELINE}
    wheel = zipped(tmp_path / "a.whl", rows)
    base = str(TESTS / "diff" / "guideline.ttl")
    assert main(["diff", f"{wheel}:back", base]) == 2
    error = capsys.readouterr().err
    assert "holds several guidelines called 'back': guidelines/back, more/back" in error
    assert f"one of: {wheel}:./guidelines/back, {wheel}:./more/back" in error
    for name in ("./guidelines/back", "guidelines/back", "./more/back", "more/back"):
        opened(f"{wheel}:{name}")
    for name in ("./back", "ack", "", "elsewhere"):
        with pytest.raises(IndicantError, match=r"holds no guideline called"):
            opened(f"{wheel}:{name}")
    rows["back/guideline.ttl"] = GUIDELINE
    wheel = zipped(tmp_path / "b.whl", rows)
    with pytest.raises(IndicantError, match=r"several guidelines called 'back': back, guidelines"):
        opened(f"{wheel}:back")
    opened(f"{wheel}:./back")


def test_an_installed_guideline_and_a_folder_of_its_name_are_told_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither wins for any verb; each can be meant by a path."""
    name, path = next(iter(installed().items()))
    monkeypatch.chdir(tmp_path)
    assert named(name) == path
    (tmp_path / name).mkdir()
    (tmp_path / name / "guideline.ttl").write_bytes(GUIDELINE)
    for words in (
        ["assess", "--example", "--guideline", name],
        ["check", name, "--no-reasoner"],
        ["diff", name, f"./{name}"],
        ["merge", name],
        ["verify", name],
    ):
        capsys.readouterr()
        assert main(words) == 2
        error = capsys.readouterr().err
        assert f"'{name}' is what an installed guideline is called, and what is here" in error
        assert f"./{name}  or  {path}" in error
    assert named(f"./{name}") == Path(f"./{name}")
    monkeypatch.chdir(path.parent)
    assert named(name) == path
