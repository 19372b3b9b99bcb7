"""Found the repository of an institution: a published guideline, pinned, with an overlay on it."""

from __future__ import annotations

import hashlib
import os
import re
import shlex
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Final

import pyoxigraph as ox

from indicant import __version__
from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.files.catalogs import catalog_text, reference_to
from indicant.files.fence import Fence, fence_of, fixed_fence_of, real
from indicant.files.sources import CATALOG, CORE, GUIDELINE_FILE, Source, load
from indicant.files.staging import new_folder
from indicant.foreign import marked
from indicant.terms import IND, LABEL, OWL, RDFS, TYPE, local_name

if TYPE_CHECKING:
    import datetime
    from collections.abc import Iterable

    from indicant.files.rdf import Document

TEMPLATES: Final = Path(__file__).resolve().parent / "templates"
OVERLAY: Final = "overlay"
PUBLISHED: Final = "published"
_SUFFIX: Final = ".template"
_NAMESPACE: Final = re.compile(r"https?://[^\s<>\"{}|\\^`]+[/#]")
_DIGITS: Final = "[0-9a-f]"
PINNED: Final = (
    r"indicant(\[[a-z]+(,[a-z]+)*\])? @ "
    rf"((https|file)://[^#[:space:]]+#sha256={_DIGITS}{{64}}|git\+[a-z]+://[^#[:space:]]+@{_DIGITS}{{40}})"
)
_PASSAGE: Final = re.compile(r"^What the published.*$", re.MULTILINE)


@dataclass(frozen=True)
class Published:
    """A published guideline: what it is, what it consists of, and the digest of what it states.

    The digest is the SHA-256 of all statements as sorted N-Triples, the tables of codes and the
    derivations with them and the core left out, so that neither layout nor the engine's own
    language changes it.
    """

    iri: str
    version_iri: str
    version: str
    root: Path
    digest: str
    source: Source


@dataclass(frozen=True)
class Founded:
    """What was founded: the files, by their place in the folder, and the guideline pinned."""

    files: tuple[str, ...]
    published: Published


def found(
    directory: Path,
    namespace: str,
    *,
    guideline: Path,
    label: str,
    date: datetime.date,
    requirement: str | None = None,
) -> Founded:
    """Write the repository of an institution, whole or not at all.

    Args:
        directory: the folder, which is empty or not there yet.
        namespace: where the terms of the institution live.
        guideline: what it follows.
        label: what to call it.
        date: when its first rule was decided.
        requirement: where it installs Indicant from, as a direct reference that pins what is
            there; without one, its pipeline fails until one is named.

    Raises:
        IndicantError: the folder holds something, the namespace is no one's own, the guideline has
            no version or nothing to lay a policy over, or the requirement pins nothing.
    """
    _check_empty(directory)
    if requirement is not None and not is_pinned(requirement):
        raise IndicantError(
            f"'{requirement}' does not pin where Indicant comes from",
            help="a wheel with its digest,  indicant[reasoner] @ https://…/….whl#sha256=…  , or a "
            "commit in full,  indicant[reasoner] @ git+https://…@…",
        )
    published = published_of(guideline, fence=fixed_fence_of(guideline))
    _check_namespace(namespace, published)
    if not label.strip() or not label.isprintable():
        raise IndicantError("the name of the institution is empty or not printable")
    parent = real(directory).parent
    if not parent.is_dir():
        raise IndicantError("there is no such folder", file=str(directory.parent))
    with new_folder(directory) as work:
        places = copy(published, work / PUBLISHED)
        _fill(work, namespace, published, places, label, date, requirement)
        # The top of what belongs together, also before git keeps it.
        (work / CATALOG).write_text(catalog(work, {}), encoding="utf-8", newline="\n")
        load(work / OVERLAY, fence=fence_of(work / OVERLAY, real(work)))
        files = sorted(str(one.relative_to(work)) for one in work.rglob("*") if one.is_file())
    return Founded(tuple(files), published)


def published_of(path: Path, *, fence: Fence | None = None) -> Published:
    """Read a guideline as one that others may lay a policy over.

    Its files lie within the fence, or without one in its own repository.

    Raises:
        IndicantError: it cannot be read, or its first document names no guideline with a version.
    """
    source = load(path, fence=fence)
    document = source.documents[0]
    heads = [
        quad.subject
        for quad in document.quads
        if quad.predicate.value == TYPE and quad.object == ox.NamedNode(IND + "Guideline")
    ]
    head = heads[0] if len(heads) == 1 else None
    if not isinstance(head, ox.NamedNode):
        raise IndicantError(
            "does not name one ind:Guideline",
            file=document.path,
            help="the guideline is the ontology of its first file, typed ind:Guideline as well",
        )
    version = _value(document, head, OWL + "versionInfo", ox.Literal)
    version_iri = _value(document, head, OWL + "versionIRI", ox.NamedNode)
    if not version or not version_iri:
        raise IndicantError(
            f"<{head.value}> has no version to pin",
            file=document.path,
            help="add  owl:versionIRI  and  owl:versionInfo",
        )
    digest = digest_of(source)
    return Published(head.value, version_iri, version, Path(document.path), digest, source)


def digest_of(source: Source) -> str:
    """Return the digest of what a guideline states; see ``Published``."""
    lines = {
        f"{quad.subject} {quad.predicate} {quad.object} ."
        for document in own_documents(source)
        for quad in document.quads
    }
    tables = {f"{one.iri} {hashlib.sha256(one.text.encode()).hexdigest()}" for one in source.tables}
    rules = {
        f"{one.iri} {hashlib.sha256(one.text.encode()).hexdigest()}" for one in source.derivations
    }
    text = "\n".join([*sorted(lines), *sorted(tables), *sorted(rules), ""])
    return hashlib.sha256(text.encode()).hexdigest()


def own_documents(source: Source) -> list[Document]:
    """Return the documents of a guideline without those of the core."""
    return [one for one in source.documents if not ontology_of(one).startswith(CORE)]


def copy(published: Published, target: Path) -> dict[str, Path]:
    """Copy a guideline with all that it imports but the core, and return what is where, by IRI.

    Every folder gets a catalog that leads to the copies, and to nothing else. The version IRI of
    the guideline leads to its own file, as its IRI does. What is written is what was read, so that
    nothing else can have come into its place.
    """
    texts = {ontology_of(one): (one.path, one.text) for one in own_documents(published.source)}
    texts |= {one.iri: (one.path, one.text) for one in published.source.tables}
    places = {iri: Path(os.path.abspath(path)) for iri, (path, _) in texts.items()}
    top = Path(os.path.commonpath([place.parent for place in places.values()]))
    new = {iri: target / place.relative_to(top) for iri, place in places.items()}
    for iri in places:
        new[iri].parent.mkdir(parents=True, exist_ok=True)
        new[iri].write_bytes(texts[iri][1].encode())
    for one in published.source.derivations:
        # What a merged guideline holds has come with it.
        if one.path not in {path for path, _ in texts.values()}:
            file = target / Path(os.path.abspath(one.path)).relative_to(top)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(one.text.encode())
    new[published.version_iri] = new[published.iri]
    for folder in sorted({place.parent for place in new.values()}):
        (folder / CATALOG).write_text(catalog(folder, new), encoding="utf-8", newline="\n")
    return new


def catalog(folder: Path, places: dict[str, Path]) -> str:
    """Return an OASIS catalog of a folder, with relative paths."""
    return catalog_text(
        {iri: reference_to(_relative(place, folder)) for iri, place in places.items()}
    )


def _fill(
    work: Path,
    namespace: str,
    published: Published,
    places: dict[str, Path],
    label: str,
    date: datetime.date,
    requirement: str | None,
) -> None:
    """Write every template into the folder, and a catalog for the overlay."""
    root = places[published.iri]
    action, overridden = _offer(published.source)
    names = {
        "namespace": namespace,
        "stem": namespace.rstrip("/#") + "/",
        "name": label.strip(),
        "label": _escaped(label),
        "date": date.isoformat(),
        "version": __version__,
        "published": published.iri,
        "version_iri": published.version_iri,
        "published_path": in_makefile(
            _relative(root.parent if root.name == GUIDELINE_FILE else root, work)
        ),
        "pinned": in_makefile(PINNED, quoted=False),
        "requirement": requirement or "",
        "digest": published.digest,
        "action": action,
        "action_name": local_name(action),
        "action_label": marked(_label(published.source, action)),
        "overridden": " ,\n        ".join(f"<{one}>" for one in overridden),
    }
    policy = _filled(TEMPLATES / f"policy.md{_SUFFIX}", names)
    passage = _PASSAGE.search(policy)
    assert passage is not None  # noqa: S101
    names |= {
        "policy_sha256": hashlib.sha256(policy.encode()).hexdigest(),
        "passage_sha256": hashlib.sha256(passage[0].encode()).hexdigest(),
        "start": str(passage.start()),
        "end": str(passage.end()),
    }
    modules = dict(places)
    for file in sorted(TEMPLATES.rglob(f"*{_SUFFIX}")):
        place = work / _target(file)
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(_filled(file, names), encoding="utf-8", newline="\n")
        if place.parent.name == OVERLAY and place.name != GUIDELINE_FILE:
            modules[f"{names['stem']}module/{place.stem}"] = place
    text = catalog(work / OVERLAY, modules)
    (work / OVERLAY / CATALOG).write_text(text, encoding="utf-8", newline="\n")


def is_pinned(requirement: str) -> bool:
    """Tell whether a requirement names a source of Indicant, and what is to be found there.

    >>> is_pinned("indicant[reasoner]")
    False
    >>> is_pinned("indicant[reasoner] @ git+https://example.org/indicant@" + 40 * "0")
    True
    """
    pattern = PINNED.replace("[:space:]", r"\s")
    return requirement.isprintable() and re.fullmatch(pattern, requirement) is not None


def in_makefile(text: str, *, quoted: bool = True) -> str:
    r"""Write a text as the value of a variable of make, to be a word of the shell where it is used.

    >>> print(in_makefile("published/a b"), in_makefile("$(x)#"))
    'published/a b' '$$(x)\#'

    Raises:
        IndicantError: it holds what neither can be told.
    """
    if not text.isprintable():
        raise IndicantError(
            "is called what can stand in no Makefile", file=text, help="call it something else"
        )
    word = shlex.quote(text) if quoted else text
    return re.sub(r"(\\*)#", r"\1\1\#", word).replace("$", "$$")


def _target(file: Path) -> Path:
    """Return where a template is written to: ``dot-`` stands for a leading full stop."""
    parts = file.relative_to(TEMPLATES).parts
    path = Path(*(re.sub(r"^dot-", ".", part) for part in parts))
    return path.with_name(path.name.removesuffix(_SUFFIX))


def _filled(file: Path, names: dict[str, str]) -> str:
    return Template(bounded.text(file)).substitute(names)


def _offer(source: Source) -> tuple[str, list[str]]:
    """Return an action that a guideline indicates, with all indications of it and of what is below.

    It is the first in the order of the names of the recommendations.
    """
    actions: dict[str, str] = {}
    indications: set[str] = set()
    parents: dict[str, set[str]] = {}
    for _, subject, predicate, value in source.triples():
        if not isinstance(subject, ox.NamedNode) or not isinstance(value, ox.NamedNode):
            continue
        name = getattr(predicate, "value", "")
        if name == IND + "action":
            actions[subject.value] = value.value
        elif name == TYPE and value.value == IND + "Indication":
            indications.add(subject.value)
        elif name == RDFS + "subClassOf":
            parents.setdefault(subject.value, set()).add(value.value)
    offered = {iri: actions[iri] for iri in sorted(indications & actions.keys())}
    if not offered:
        raise IndicantError(
            "the guideline indicates nothing that a policy could be laid over",
            file=source.documents[0].path,
        )
    action = next(iter(offered.values()))
    return action, [iri for iri, one in offered.items() if action in _above(one, parents)]


def _above(cls: str, parents: dict[str, set[str]]) -> set[str]:
    found: set[str] = set()
    queue = [cls]
    while queue:
        one = queue.pop()
        if one not in found:
            found.add(one)
            queue.extend(parents.get(one, ()))
    return found


def _label(source: Source, iri: str) -> str:
    labels = sorted(
        (value.language != "en", value.value)
        for _, subject, predicate, value in source.triples()
        if getattr(subject, "value", None) == iri
        and getattr(predicate, "value", None) == LABEL
        and isinstance(value, ox.Literal)
    )
    return labels[0][1] if labels else local_name(iri)


def _check_empty(directory: Path) -> None:
    try:
        taken = any(directory.iterdir()) if directory.is_dir() else os.path.lexists(directory)
    except OSError as error:
        raise IndicantError(error.strerror or str(error), file=str(directory)) from error
    if taken:
        raise IndicantError(
            "is there already, and nothing is overwritten",
            file=str(directory),
            help="name a folder that is empty or not there yet",
        )


def _check_namespace(namespace: str, published: Published) -> None:
    if not _NAMESPACE.fullmatch(namespace):
        raise IndicantError(
            f"'{namespace}' is no namespace",
            help="an address of your own that ends in / or #, as in https://example.org/policy/",
        )
    taken = [CORE, *(ontology_of(one) for one in own_documents(published.source))]
    for other in taken:
        if other and (namespace.startswith(other) or other.startswith(namespace)):
            raise IndicantError(
                f"the namespace '{namespace}' belongs to <{other}>",
                help="terms of your own need an address of your own",
            )


def ontology_of(document: Document) -> str:
    """Return the IRI of the ontology of a document, or nothing."""
    for quad in document.quads:
        if quad.predicate.value == TYPE and quad.object == ox.NamedNode(OWL + "Ontology"):
            return str(getattr(quad.subject, "value", ""))
    return ""


def _value(
    document: Document,
    subject: ox.NamedNode,
    predicate: str,
    kind: type[ox.Literal] | type[ox.NamedNode],
) -> str | None:
    values: Iterable[str] = (
        quad.object.value
        for quad in document.quads
        if quad.subject == subject
        and quad.predicate.value == predicate
        and isinstance(quad.object, kind)
    )
    return next(iter(values), None)


def _relative(place: Path, folder: Path) -> str:
    return Path(os.path.relpath(real(place), real(folder))).as_posix()


def _escaped(text: str) -> str:
    return text.strip().replace("\\", "\\\\").replace('"', '\\"')
