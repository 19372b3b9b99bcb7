"""Compile a guideline to its implicants, and keep the result by content."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from indicant.files import bounded, cache, resources
from indicant.files.common import known_now
from indicant.files.sources import installed, load
from indicant.terms import local_name

if TYPE_CHECKING:
    from indicant.compile.implicants import Compiled
    from indicant.compile.model import Expression
    from indicant.files.sources import Source

GRAPH_FILE: Final = "graph.nt"
VOCABULARY_FILE: Final = "vocabulary.nt"
DERIVATIONS_FILE: Final = "derivations.json"
_FILES: Final = (GRAPH_FILE, VOCABULARY_FILE, DERIVATIONS_FILE)
_BESIDE: Final = (
    "files/contents.py",
    "files/derivations.py",
    "files/habits.py",
    "files/sources.py",
    "files/strangers.py",
    "guideline/mappings.py",
    "guideline/sssom.py",
    "guideline/toolkit.py",
    "guideline/vocabulary.py",
    "query/algebra.py",
    "query/sparql.py",
    "terms.py",
)
"""Modules of other rooms that decide what the compiled form looks like, or what it is made of."""


@dataclass(frozen=True)
class CompiledGuideline:
    """A guideline ready to assess with: two graphs as N-Triples, and the key they are kept by.

    ``graph`` holds the guideline's ground triples with the compiled criteria; ``vocabulary`` what
    the case shapes need of the ontology. ``derivations`` are those that were taken, as JSON.
    """

    key: str
    graph: str
    vocabulary: str
    derivations: str = "[]"


def key_of(source: Source) -> str:
    """Return the name under which the compiled form of a source is kept.

    It changes with what the source says and with the code that compiles it.
    """
    return hashlib.sha256(f"{_compiler()}\n{source.digest}".encode()).hexdigest()[:32]


@functools.cache
def _compiler() -> str:
    """Return a digest of the modules that decide what the compiled form looks like."""
    room = Path(__file__).parent
    files = [*sorted(room.glob("*.py")), *(room.parent / name for name in _BESIDE)]
    return hashlib.sha256(b"".join(bounded.data(file) for file in files)).hexdigest()


def compile_source(source: Source, *, seconds: float = 60.0) -> CompiledGuideline:
    """Compile a guideline with everything it imports.

    HermiT classifies the classes and the existentials; a difference from what the compiler itself
    derives is an error, so that nothing that reaches a patient rests on one of the two alone.

    Args:
        source: what ``load`` returned.
        seconds: the time limit for each criterion.

    Raises:
        IndicantError: an axiom outside the profile, an inconsistent ontology, circular overriding,
            a criterion that takes too long, or no Java runtime.
    """
    from indicant.compile.admission import admit
    from indicant.compile.derivations import to_json
    from indicant.compile.graph import GraphWriter
    from indicant.compile.implicants import compile_expression, need_solver
    from indicant.compile.overriding import overriders
    from indicant.compile.scores import used
    from indicant.guideline.vocabulary import slim_vocabulary

    need_solver("compiling")
    found = admit(source, seconds=seconds)
    done: dict[Expression, Compiled] = {}
    for iri, expression in found.normal.items():
        if expression not in done:
            done[expression] = compile_expression(
                expression, found.theory, seconds=seconds, about=local_name(iri)
            )
    writer = GraphWriter(source, found.model, found.theory)
    writer.hierarchy()
    writer.existentials(found.atoms)
    writer.proofs(found.atoms)
    writer.overlaps(found.atoms)
    writer.asked(found.atoms)
    writer.clauses(found.atoms)
    for iri, expression in found.normal.items():
        writer.implicants(iri, done[expression])
    writer.keys()
    for name in used(found.normal.values(), found.model):
        writer.score(name, found.theory.ladder(name))
    writer.quantities()
    writer.formulas()
    writer.distances()
    writer.actions()
    writer.overriding(overriders(found.model))
    for table in found.tables:
        writer.table(table)
    writer.derivations(found.derivations)
    triples = [(subject, predicate, value) for _, subject, predicate, value in source.triples()]
    kept = to_json(found.derivations)
    return CompiledGuideline(key_of(source), writer.text(), slim_vocabulary(triples), kept)


def obtain(source: Source, *, use_cache: bool = True) -> CompiledGuideline:
    """Return a guideline compiled: as shipped, as kept from an earlier run, or compiled now.

    Args:
        source: what ``files.sources.load`` returned.
        use_cache: whether to read and write what earlier runs kept.

    Raises:
        IndicantError: see ``compile_source``.
    """
    key = key_of(source)
    if use_cache:
        texts = _found(key)
        if texts is not None:
            return CompiledGuideline(key, *texts)
    compiled = compile_source(source)
    if use_cache:
        keep(compiled, resources.cache_dir())
    return compiled


def is_kept(source: Source) -> bool:
    """Tell whether a guideline was compiled before, so that it was found to be sound."""
    return _found(key_of(source)) is not None


def _found(key: str) -> tuple[str, ...] | None:
    """Return what came with the package or what an earlier run kept."""
    known = known_now().texts
    found = known.get(key) or cache.shipped(resources.compiled(), key, _FILES) or _kept(key)
    if found is not None:
        known[key] = found
    return found


def _kept(key: str) -> tuple[str, ...] | None:
    """Return what an earlier run kept; where that is not to be believed, say so."""
    try:
        return cache.kept(resources.cache_dir(), key, _FILES)
    except cache.NotOursError as error:
        import logging

        from indicant.foreign import plain

        told = f"indicant: {error}: not read, and compiled anew"
        logging.getLogger("indicant").warning(
            "%s", plain(f"{told} (help: {error.help})" if error.help else told)
        )
        return None


def keep(compiled: CompiledGuideline, folder: Path) -> None:
    """Write a compiled guideline whole or not at all; a folder that cannot be written is left."""
    whole = (compiled.graph, compiled.vocabulary, compiled.derivations)
    texts = dict(zip(_FILES, whole, strict=True))
    cache.keep(folder, compiled.key, texts)


def compile_shipped(out: Path) -> list[Path]:
    """Compile every guideline of the source tree into ``out``, for the wheel to carry."""
    written = []
    for path in installed().values():
        compiled = compile_source(load(path))
        keep(compiled, out)
        written.append(out / compiled.key)
    return written
