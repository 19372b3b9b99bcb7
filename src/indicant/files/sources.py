"""Find a guideline and the ontologies it imports, without ever reading from the network."""

from __future__ import annotations

import hashlib
import os
from collections import defaultdict
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import pyoxigraph as ox

from indicant import terms
from indicant.errors import IndicantError
from indicant.files import bounded, derivations, resources, strangers
from indicant.files.catalogs import Catalog
from indicant.files.catalogs import catalog as catalog
from indicant.files.common import known_now
from indicant.files.contents import graphs_in, ontologies_in
from indicant.files.fence import CATALOG as CATALOG
from indicant.files.fence import Fence, fence_of, real, shown
from indicant.files.habits import DATATYPE, INDIVIDUAL, declares_nothing
from indicant.files.rdf import (
    MAX_BYTES,
    Document,
    read,
    text_of,
    visible,
)
from indicant.files.tables import MAPPED_BY as MAPPED_BY
from indicant.files.tables import Table as Table
from indicant.files.tables import held_tables, read_table, tables_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from indicant.files.derivations import Derivation

CORE = terms.IND
_REFLEXIVE = frozenset(
    (
        *(terms.RDFS + name for name in ("subClassOf", "subPropertyOf")),
        *(terms.OWL + name for name in ("equivalentClass", "equivalentProperty", "sameAs")),
    )
)
MOST_IMPORTS = 1_000
GUIDELINE_FILE = "guideline.ttl"
GUIDELINE_STEM = "guideline"
DEFAULT = "default.txt"
ENDINGS = (".ttl", ".owl", ".rdf", ".trig", ".jsonld", ".nt", ".nq")
"""How files of ontologies end, the usual first; others are XML or JSON of any kind."""
EXAMPLE_FILE = "example.ttl"
_GUIDELINE_TYPES = {
    f"<{CORE}{name}>" for name in ("Guideline", "Indication", "Contraindication", "NonIndication")
}


@dataclass(frozen=True)
class Import:
    """An import that was followed: the document, what it asks for, the file, what it is called."""

    document: Document = field(repr=False)
    iri: str
    file: str
    found: str = ""

    @property
    def line(self) -> int | None:
        """Return the line of the document on which it stands."""
        return _line_of(self.document, self.iri)


@dataclass(frozen=True)
class Source:
    """The documents that make up a guideline with everything it imports.

    ``documents`` come in the order in which the imports reach them, the guideline's own first;
    ``digest`` is the SHA-256 of all texts, independent of where the files are. ``tables`` say what
    terms are called elsewhere: nothing is reasoned from them, and they are no triples here.
    ``astray`` are the imports that lead to an ontology of another name. ``derivations`` say what
    follows for a case beside what is recorded.
    """

    documents: tuple[Document, ...]
    digest: str
    tables: tuple[Table, ...] = ()
    astray: tuple[Import, ...] = ()
    derivations: tuple[Derivation, ...] = ()

    def triples(self, *, aside: bool = False) -> Iterator[tuple[str, object, object, object]]:
        """Yield ``(path, subject, predicate, object)`` for every triple that says something.

        What tools declare beside it, such as that a recommendation is an individual, is left out.

        Args:
            aside: whether to yield what is only data in ontologies of others as well.
        """
        idle = self._idle
        for document in self.documents:
            for quad in (*document.quads, *document.aside) if aside else document.quads:
                if (
                    not idle
                    or quad.predicate.value != terms.TYPE
                    or (text_of(quad.subject), text_of(quad.object)) not in idle
                ):
                    yield document.path, quad.subject, quad.predicate, quad.object

    @cached_property
    def _idle(self) -> frozenset[tuple[str, str]]:
        """Return the declarations that say nothing, each as a subject and its type."""
        kinds: dict[str, set[str]] = defaultdict(set)
        for document in self.documents:
            for quad in document.quads:
                if quad.predicate.value == terms.TYPE:
                    kinds[text_of(quad.subject)].add(text_of(quad.object))
        return frozenset(
            (subject, kind)
            for subject, found in kinds.items()
            for kind in (INDIVIDUAL, DATATYPE)
            if kind in found and declares_nothing(subject, kind, found)
        )

    def labels(self) -> dict[str, str]:
        """Return what each term is called in English, or without a language; the first one counts.

        The key is the IRI of the term.
        """
        found: dict[str, str] = {}
        for _, subject, predicate, value in self.triples():
            if (
                text_of(predicate) == terms.LABEL
                and isinstance(subject, ox.NamedNode)
                and isinstance(value, ox.Literal)
                and value.language in {None, "en"}
            ):
                found.setdefault(subject.value, value.value)
        return found


def installed() -> dict[str, Path]:
    """Return the guidelines that ship with the package, by name."""
    folder = resources.ontology() / "guidelines"
    files = visible(sorted(folder.glob(f"*/{GUIDELINE_FILE}")), folder)
    return {path.parent.name: path.parent for path in files}


def resolve(guideline: str | None) -> Path:
    """Return the directory or file of a guideline given by name or path.

    Without a name it is the one guideline that ships with the package, of several the one that the
    file ``default.txt`` beside them names.

    Raises:
        IndicantError: nothing of that name is installed and no such path exists, or both are so.
    """
    known = installed()
    if guideline is None and len(known) == 1:
        return next(iter(known.values()))
    if guideline is None:
        default = resources.ontology() / "guidelines" / DEFAULT
        name = bounded.text(default).strip() if default.is_file() else ""
        if name in known:
            return known[name]
    found = None if guideline is None else named(guideline)
    if found is not None:
        return found
    raise IndicantError(
        "no guideline is named" if guideline is None else f"unknown guideline '{guideline}'",
        help=f"give a directory or a file, or one of: {', '.join(known)}",
    )


def named(guideline: str) -> Path | None:
    """Return the installed guideline or the path of a name, or nothing.

    Raises:
        IndicantError: an installed guideline and another one here are called so.
    """
    known = installed().get(guideline)
    here = Path(guideline) if guideline and os.path.exists(guideline) else None
    if known is not None and here is not None and real(known) != real(here):
        raise IndicantError(
            f"'{guideline}' is what an installed guideline is called, and what is here as well",
            help=f"write  {os.path.join(os.curdir, guideline)}  or  {known}",
        )
    return known or here


def roots(path: Path) -> list[Path]:
    """Return the files that a guideline begins with, before its imports.

    Raises:
        IndicantError: a folder holds none.
    """
    if path.is_file():
        return [path]
    root = guideline_file(path)
    if root is not None:
        return [root]
    files = rdf_files(path)
    if not files:
        raise IndicantError(
            "the folder holds no guideline",
            file=str(path),
            help=f"a guideline is a folder with a {GUIDELINE_FILE}, or a Turtle file",
        )
    return files


def shipped_catalog() -> dict[str, Path]:
    """Return the file of each ontology that ships with the package."""
    mapping = known_now().shipped
    if mapping:
        return mapping
    folder = resources.ontology()
    for file in visible(sorted(folder.rglob(CATALOG)), folder):
        mapping.update(catalog(file).items())
    return mapping


def guideline_file(folder: Path) -> Path | None:
    """Return the file that a folder is a guideline by: the one called ``guideline``, if any.

    Turtle comes first where there are several.
    """
    files = (folder / f"{GUIDELINE_STEM}{ending}" for ending in ENDINGS)
    return next((file for file in files if file.is_file()), None)


def is_guideline_file(file: Path) -> bool:
    """Tell whether a file is called as the one that a folder is a guideline by."""
    return file.stem == GUIDELINE_STEM and file.suffix in ENDINGS


def rdf_files(folder: Path) -> list[Path]:
    """Return the ontologies of a folder: its Turtle, and where there is none, those of a kind."""
    found = (sorted(folder.glob(f"*{ending}")) for ending in ENDINGS)
    return next((files for files in found if files), [])


def load(path: Path, *, fence: Fence | None = None) -> Source:
    """Read a guideline and, through OASIS catalogs, all that it imports.

    A catalog beside the importing file is asked first, then the catalogs that ship with the
    package; these also where a ``file:`` IRI in full leads to nothing that may be read, so that a
    guideline is not held to where its author had installed what ships. The core is always part of
    the result.

    Args:
        path: a file or a folder.
        fence: where files may lie; without, it is that of ``fence_of``.

    Raises:
        IndicantError: an import or a table is mapped to no file or to one outside, or a file
            cannot be read.
    """
    fence, known = fence_of(path) if fence is None else fence, known_now().sources
    if (path, fence) not in known:
        known[path, fence] = _of_guideline(gather(path, fence=fence), path)
    return known[path, fence]


def _of_guideline(source: Source, path: Path) -> Source:
    """Return what was gathered, which shall hold a guideline.

    Raises:
        IndicantError: it does not.
    """
    if not any(_holds_guideline(document) for document in source.documents):
        raise IndicantError(
            "holds no guideline",
            file=str(path),
            help=next(
                (one for text in source.documents if (one := terms.hint_of_scheme(text.text))), None
            )
            or "a guideline has recommendations: ind:Indication or ind:Contraindication",
        )
    return source


def gather(
    path: Path,
    problems: list[IndicantError] | None = None,
    progress: Callable[[str], None] | None = None,
    large: Callable[[str], Document] | None = None,
    *,
    fence: Fence | None = None,
) -> Source:
    """Do the same for any ontology, whether or not it holds a guideline.

    Args:
        path: a file or a folder.
        problems: where to put what would be raised about a file or an import, which is then left
            out of the result.
        progress: told which file is read next.
        large: reads an import that is larger than the limit, which is otherwise a mistake.
        fence: where files may lie; without, it is that of ``fence_of``.
    """
    return _Gathering(path, problems, progress, large, fence).source()


class _Gathering:
    """Reads what can be reached from some files through catalogs, each file once."""

    def __init__(
        self,
        path: Path,
        problems: list[IndicantError] | None,
        progress: Callable[[str], None] | None,
        large: Callable[[str], Document] | None,
        fence: Fence | None,
    ) -> None:
        self._problems = problems
        self._progress = progress
        self._large = large
        self._shipped = shipped_catalog()
        self._allowed = fence_of(path) if fence is None else fence
        self._first = [self._allowed.follow(file, path) for file in roots(path)]
        if CORE not in self._shipped:
            raise IndicantError(
                "the catalog of the core ontology is missing", help="reinstall indicant"
            )
        self._queue = list(self._first)
        self._placed: dict[Path, Path] = {}
        self._core: Path | None = None
        self._catalogs: dict[Path, Catalog] = {}
        self._named: set[str] = set()
        self._asked: dict[Path, list[Import]] = defaultdict(list)
        self._held: set[str] = set()
        self._documents: list[Document] = []
        self._tables: dict[Path, Table] = {}
        self._places: list[tuple[Document, Path]] = []

    def source(self) -> Source:
        """Return all that is reached."""
        reached: set[Path] = set()
        names: dict[Path, set[str]] = {}
        while self._queue or self._core is None:
            if not self._queue:
                self._core = real(self._shipped[CORE])
                self._queue.append(self._core)
            file = self._queue.pop(0)
            if file in reached or (file == self._core and CORE in self._held):
                continue
            reached.add(file)
            document = self._read(file)
            if document is not None:
                self._documents.append(document)
                self._places.append((document, file))
                names[file] = ontologies_in(document)
                self._named |= names[file]
                self._follow(document, file.parent)
        tables = tuple(self._tables.values())
        astray = tuple(
            replace(one, found=min(names[file]))
            for file, asked in self._asked.items()
            for one in asked
            if names.get(file) and not {_bare(name) for name in names[file]} & {_bare(one.iri)}
        )
        core = {name for name in self._shipped if name.startswith(CORE)}
        first = {shown(file) for file in self._first}
        documents = strangers.parted(self._documents, first, core)
        rules = self._derivations()
        return Source(tuple(documents), _digest(documents, tables, rules), tables, astray, rules)

    def _derivations(self) -> tuple[Derivation, ...]:
        """Return the derivations of every guideline that was read, each once, by name."""
        found: dict[str, Derivation] = {}
        try:
            for folder, guideline in derivations.owners(self._places, self._first).items():
                for one in derivations.beside(guideline, folder, self._allowed):
                    found[one.iri] = one
            for one in derivations.held(self._documents):
                known = found.setdefault(one.iri, one)
                if known.text != one.text:
                    raise IndicantError(
                        f"<{one.iri}> is another derivation than that of {known.path}",
                        file=one.path,
                    )
        except IndicantError as error:
            self._mistake(error)
        return tuple(found[iri] for iri in sorted(found))

    def _mistake(self, error: IndicantError) -> None:
        if self._problems is None:
            raise error
        self._problems.append(error)

    def _read(self, file: Path) -> Document | None:
        if self._progress is not None:
            self._progress(shown(file))
        try:
            if _is_large(file) and file not in self._first:
                return _read_large(shown(file), self._large)
            name, known = shown(file), known_now().documents
            if (file, name) not in known:
                known[file, name] = _without_truisms(read(name))
            return known[file, name]
        except IndicantError as error:
            self._mistake(error)
            return None

    def _follow(self, document: Document, folder: Path) -> None:
        """Put in the queue what a document imports, and read the tables that it names."""
        names = self._catalog(folder)
        if self._core is None:
            self._core = self._core_for(document, names)
            self._queue.append(self._core)
        self._held |= graphs_in(document)
        inside = held_tables(document)
        wanted = [("owl:imports", iri) for iri in document.imports if iri not in self._held]
        tables, no_tables = tables_of(document)
        wanted += [("ind:mappedBy", iri) for iri in tables]
        if len(wanted) + len(document.no_imports) + len(no_tables) > MOST_IMPORTS:
            self._mistake(
                IndicantError(
                    f"asks for more than {MOST_IMPORTS:,} ontologies and tables",
                    file=document.path,
                )
            )
            return
        for how, texts in (("owl:imports", document.no_imports), ("ind:mappedBy", no_tables)):
            for text in texts:
                self._mistake(_no_iri(document, how, text))
        for how, iri in wanted:
            if iri in inside:
                self._tables[folder / iri] = Table(iri, document.path, inside[iri])
                continue
            target = self._target(names, iri) or self._shipped.get(iri)
            file = None if target is None else self._admitted(target, how, iri, document)
            if target is None and how == "owl:imports" and iri in self._named:
                continue
            if target is None:
                self._mistake(self._unmapped(how, iri, document, names))
            elif file is not None and how == "owl:imports":
                self._asked[file].append(Import(document, iri, shown(file)))
                self._queue.append(file)
            elif file is not None and file not in self._tables:
                self._read_table(file, iri)

    def _catalog(self, folder: Path) -> Catalog:
        if folder not in self._catalogs:
            self._catalogs[folder] = Catalog()
            try:
                self._allowed.follow(folder / CATALOG, folder)
                self._catalogs[folder] = catalog(folder / CATALOG, self._allowed)
            except IndicantError as error:
                self._mistake(error)
        return self._catalogs[folder]

    def _target(self, names: Catalog, iri: str) -> Path | None:
        """Return what a catalog leads to, unless it ships and is not where its IRI in full says."""
        found = names.find(iri)
        if found is not None and found.absolute and iri in self._shipped:
            try:
                if not self._allowed.admit(found.path).is_file():
                    return None
            except IndicantError:
                return None
        return None if found is None else found.path

    def _core_for(self, document: Document, names: Catalog) -> Path:
        """Return the core that a catalog asks for, or else the one that ships."""
        core = self._target(names, CORE)
        file = None if core is None else self._admitted(core, "owl:imports", CORE, document)
        return real(self._shipped[CORE]) if file is None else file

    def _unmapped(self, how: str, iri: str, document: Document, names: Catalog) -> IndicantError:
        """Return the error of a name that no catalog leads anywhere, with what may be meant."""
        help_ = f'add  <uri name="{iri}" uri="…"/>  to {CATALOG} beside the file'
        scheme, mark, rest = iri.partition("://")
        other = {"http": "https", "https": "http"}.get(scheme, "") + mark + rest
        if other in self._shipped or other in self._named or names.find(other) is not None:
            help_ = f"did you mean  <{other}>,  with {other.partition(':')[0]}: ?"
        elif names.passed_over:
            help_ += f"; of what it leads on to, {names.passed_over[0]}"
        return IndicantError(
            f"{how} <{iri}> is mapped to no file, and nothing is ever fetched",
            file=document.path,
            line=_line_of(document, iri),
            help=help_,
        )

    def _admitted(self, target: Path, how: str, iri: str, document: Document) -> Path | None:
        try:
            # Many files ask for the same ones.
            if target not in self._placed:
                self._placed[target] = self._allowed.admit(target)
            return self._placed[target]
        except IndicantError as error:
            self._mistake(_astray(how, iri, document, error))
            return None

    def _read_table(self, file: Path, iri: str) -> None:
        name = shown(file)
        try:
            admit = self._allowed.admit
            text, metadata, above = read_table(name, lambda path: shown(admit(Path(path))))
            self._tables[file] = Table(iri, name, text, metadata, above)
        except IndicantError as error:
            self._mistake(error)


def _digest(
    documents: Iterable[Document], tables: Iterable[Table], rules: Iterable[Derivation]
) -> str:
    """Return a digest of all texts, and of which ontologies in each are taken as foreign."""
    told = [
        *((one.text, *sorted(one.foreign)) for one in documents),
        *((one.text,) for one in tables),
        *((one.iri, one.text) for one in rules),
    ]
    digests = sorted(hashlib.sha256("\n".join(one).encode()).digest() for one in told)
    return hashlib.sha256(b"".join(digests)).hexdigest()


def _without_truisms(document: Document) -> Document:
    """Return a document without what holds of everything: that a term is below or equal to itself.

    Reasoners that write what they infer write it of every term.
    """
    quads = tuple(
        quad
        for quad in document.quads
        if quad.subject != quad.object
        or quad.predicate.value not in _REFLEXIVE
        or terms.GENID in text_of(quad.subject)
    )
    return document if len(quads) == len(document.quads) else replace(document, quads=quads)


def _astray(how: str, iri: str, document: Document, error: IndicantError) -> IndicantError:
    """Return the error of a name that a catalog leads out of the repository."""
    return IndicantError(
        f"{how} <{iri}> {error.message}",
        file=document.path,
        line=_line_of(document, iri),
        help=error.help,
    )


def _is_large(file: Path) -> bool:
    return file.is_file() and file.stat().st_size > MAX_BYTES


def _read_large(path: str, large: Callable[[str], Document] | None) -> Document:
    if large is None:
        raise IndicantError(
            f"larger than the limit of {MAX_BYTES / 1_000_000:g} MB",
            file=path,
            help="import an excerpt of it;  indicant merge  takes one by itself",
        )
    return large(path)


def _bare(iri: str) -> str:
    """Return an IRI without what does not tell two ontologies apart."""
    return iri.rstrip("/#")


def _no_iri(document: Document, how: str, text: str) -> IndicantError:
    shown = text if len(text) <= 40 else f"{text[:39]}…"
    return IndicantError(
        f'{how} "{shown}" is a text, not an IRI',
        file=document.path,
        line=_line_of(document, f'"{text}"'),
        help=f"write it as  {how} <…>",
    )


def _holds_guideline(document: Document) -> bool:
    return any(
        quad.predicate.value == terms.TYPE and str(quad.object) in _GUIDELINE_TYPES
        for quad in document.quads
    )


def _line_of(document: Document, text: str) -> int | None:
    position = document.text.find(text)
    return None if position < 0 else document.text.count("\n", 0, position) + 1
