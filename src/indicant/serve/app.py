"""Put guidelines behind routes: the application of ASGI that a server runs."""

from __future__ import annotations

import contextlib
import json
import math
import sys
import threading
import time
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import ClientDisconnect
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from indicant.errors import IndicantError
from indicant.serve import front, openapi, protocol
from indicant.serve.asking import question
from indicant.serve.feedback import Feedback
from indicant.serve.gate import Gate, is_page
from indicant.serve.hookrequest import read_request
from indicant.serve.limits import Bodies, Rates, Workers
from indicant.serve.metrics import CONTENT_TYPE, Metrics
from indicant.serve.patientpage import HTML, asset, form_of
from indicant.serve.refusals import Refused
from indicant.serve.voices import Voices

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from starlette.requests import Request

    from indicant.serve.common import Common
    from indicant.serve.guidelines import Guidelines
    from indicant.serve.patientpage import Shown
    from indicant.serve.voices import Voice

    Handler = Callable[[Request], Awaitable[Response]]
    Log = Callable[[str], None]

JSON: Final = "application/json"
FHIR_JSON: Final = "application/fhir+json"
_HOOKS: Final = "/cds-services"
_NEVER: Final = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}
_OF_PAGES: Final = {
    **_NEVER,
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; "
    "connect-src 'self'; img-src data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What a page may do: ask the service that it came from, and nobody else."""
_ASSETS: Final = {
    "/patient.css": "text/css",
    "/patient.js": "text/javascript",
    "/workbench.css": "text/css",
}
_QUERIES: Final = 2
"""How many queries of others run at once, by all processes together: each has one of its own."""


def tell(line: str) -> None:
    """Write a line to standard error, in one piece, since other processes write there too."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


class Service:
    """The routes of a service, and what they have in common."""

    def __init__(
        self,
        guidelines: Guidelines,
        log: Log = tell,
        settled: Callable[[], None] | None = None,
        common: Common | None = None,
    ) -> None:
        """Take the guidelines, whose settings hold, and where to write what was done.

        Args:
            guidelines: the guidelines.
            log: what writes a line.
            settled: what is done once all is there that lasts.
            common: what is one for all processes, where there are several.

        Raises:
            IndicantError: the keys of tokens or the file of feedback are no good.
        """
        self.guidelines, self.settings = guidelines, guidelines.settings
        self.common = common
        self.metrics = Metrics() if common is None else common.metrics
        self.ready = threading.Event()
        settings = self.settings
        self.workers = Workers(settings.concurrency, settings.seconds)
        queries = math.ceil(_QUERIES / settings.processes)
        self._queries = Workers(queries, settings.seconds + 5)
        self._bodies = Bodies(settings.max_body, settings.seconds)
        self._rates = Rates(settings.rate, kept=None if common is None else common.rates)
        self._feedback = Feedback(settings)
        self._gate = Gate(settings, common)
        self.endpoint = protocol.Endpoint(guidelines, settings.seconds, queries)
        self._voices = Voices(guidelines, self.endpoint)
        self._log, self._settled = log, settled
        self._openapi = json.dumps(openapi.document(settings.base_url)).encode()

    def application(self) -> Starlette:
        """Return the application."""
        routes = [
            self._route("/", self._front),
            self._route("/healthz", self._live),
            self._route("/readyz", self._is_ready),
            self._route("/metrics", self._metrics),
            self._route("/openapi.json", self._described),
            self._route(_HOOKS, self._discovery),
            self._route(f"{_HOOKS}/{{id}}", self._hook, "POST"),
            self._route(f"{_HOOKS}/{{id}}/feedback", self._told, "POST"),
            *(
                self._route(f"/{name}", self._question(name), "POST")
                for name in ("assess", "why", "next", "whatif")
            ),
            self._route("/questionnaire", self._form),
            self._route("/questionnaire/{guideline}", self._form),
            self._route("/patient", self._pages),
            self._route("/patient/{guideline}", self._page, "GET", "POST"),
            *(self._route(path, self._asset) for path in _ASSETS),
            self._route("/workbench", self._bench, "GET", "POST"),
            self._route("/workbench/{guideline}", self._bench, "GET", "POST"),
            self._route("/sparql", self._sparql, "GET", "POST"),
            self._route("/sparql/{guideline}", self._sparql, "GET", "POST"),
        ]
        middleware = []
        if self.settings.origins:
            middleware.append(
                Middleware(
                    CORSMiddleware,
                    allow_origins=list(self.settings.origins),
                    allow_methods=["GET", "POST"],
                    allow_headers=["Authorization", "Content-Type"],
                )
            )
        return Starlette(
            routes=routes,
            middleware=middleware,
            exception_handlers={HTTPException: self._no_route},
            lifespan=self._lifespan,
        )

    @contextlib.asynccontextmanager
    async def _lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Do what takes long once, beside what is asked; and let threads go at the end."""
        threading.Thread(target=self._warm, daemon=True).start()
        yield
        self.ready.clear()
        self.workers.close()
        self._queries.close()
        self.endpoint.end()

    def prepare(self) -> None:
        """Do what takes long once, as far as it needs neither a thread nor a process."""
        for voice in self._voices.each:
            for one in voice.guidelines.each.values():
                one.warm()
                voice.patient.inquiries(one)
        self.endpoint.hold()

    def _warm(self) -> None:
        # The processes for queries begin while the guidelines are made ready here.
        self.endpoint.hold()
        beside = threading.Thread(target=self.endpoint.warm, daemon=True)
        beside.start()
        self.prepare()
        beside.join()
        if self._settled is not None:
            self._settled()
        if self.common is not None:
            self.common.note_ready()
        self.ready.set()

    # ------------------------------------------------------------------ what routes have in common

    def _route(self, path: str, handler: Handler, *methods: str) -> Route:
        async def answer(request: Request) -> Response:
            begun = time.perf_counter()
            self.metrics.running.inc()
            try:
                response = await self._answered(path, handler, request)
            finally:
                self.metrics.running.dec()
            self._note(path, request.method, response.status_code, time.perf_counter() - begun)
            return response

        return Route(path, answer, methods=list(methods) or ["GET"])

    async def _answered(self, path: str, handler: Handler, request: Request) -> Response:
        try:
            if path not in {"/healthz", "/readyz", "/metrics"}:
                self._rates.take(request.client.host if request.client else "")
            self._gate.demand(path, request.url.path, request.headers)
            response = await handler(request)
            for name, value in getattr(request.state, "spoken", {}).items():
                if name == "Vary":
                    response.headers.add_vary_header(value)
                else:
                    response.headers[name] = value
            return response
        except Refused as refusal:
            return self._refusal(path, refusal, request)
        except ClientDisconnect:
            return Response(status_code=499)
        except Exception as error:  # what nobody foresaw may quote a patient
            frames = traceback.extract_tb(error.__traceback__)
            place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else ""
            self._log(json.dumps({"fault": type(error).__name__, "place": place}))
            return self._refusal(path, Refused(500, "the service is at fault itself"), request)

    def _note(self, path: str, method: str, status: int, seconds: float) -> None:
        self.metrics.count(path, method, status, seconds)
        told = {"route": path, "method": method, "status": status, "ms": round(seconds * 1000, 1)}
        self._log(json.dumps(told))

    async def _no_route(self, request: Request, error: Exception) -> Response:
        """Tell that there is no such route, or that it takes no such method."""
        assert isinstance(error, HTTPException)  # noqa: S101
        words = {404: "there is no such route", 405: "the method is not taken here"}
        told = words.get(error.status_code, "the request is not taken")
        refusal = Refused(error.status_code, told, headers=dict(error.headers or {}))
        method = request.method if request.method in {"GET", "HEAD", "POST"} else "other"
        self._note("other", method, error.status_code, 0.0)
        path = request.url.path
        return self._refusal(path if path.startswith(f"{_HOOKS}/") else "/", refusal, request)

    def _voice(self, request: Request) -> Voice:
        """Return in which language a request is answered, which its answer then tells."""
        voice = self._voices.of(request.headers.get("accept-language", ""))
        request.state.spoken = self._voices.headers(voice)
        return voice

    def _refusal(self, path: str, refusal: Refused, request: Request) -> Response:
        if is_page(path) and front.likes_pages(request.headers.get("accept", "")):
            words = self._voice(request).guidelines.words
            shown = front.refusal_page(refusal, request.url.path.count("/") - 1, words)
            headers = {**_OF_PAGES, **refusal.headers, **request.state.spoken}
            return Response(shown.body, shown.status, headers=headers, media_type=shown.media_type)
        hook = path.startswith(f"{_HOOKS}/")
        told = refusal.as_outcome() if hook else refusal.as_json()
        return _json(json.dumps(told).encode(), refusal.status, refusal.headers)

    # ------------------------------------------------------------------ what there is, how it is

    async def _front(self, request: Request) -> Response:
        accept = request.headers.get("accept", "")
        guidelines = self._voice(request).guidelines
        made = _shown(await self.workers.run(lambda: front.front(guidelines, accept)))
        made.headers["Vary"] = "Accept"
        return made

    async def _live(self, _: Request) -> Response:
        return _text("it runs\n")

    async def _is_ready(self, _: Request) -> Response:
        if self.ready.is_set() and (self.common is None or self.common.is_ready()):
            return _text("it is ready\n")
        return _text("not yet\n", 503)

    async def _metrics(self, _: Request) -> Response:
        return Response(self.metrics.text(), headers=_NEVER, media_type=CONTENT_TYPE)

    async def _described(self, _: Request) -> Response:
        return _json(self._openapi)

    # ------------------------------------------------------------------ CDS Hooks

    async def _discovery(self, request: Request) -> Response:
        guidelines = self._voice(request).guidelines
        return _json(json.dumps(await self.workers.run(guidelines.discovery)).encode())

    def _service(self, request: Request) -> str:
        name: str = request.path_params["id"]
        if name not in self.guidelines.services:
            raise Refused(404, "there is no such service", help=f"GET {_HOOKS} lists them")
        return name

    async def _hook(self, request: Request) -> Response:
        name = self._service(request)
        _demand_json(request)
        body = await self._bodies.read(request)
        hook, guidelines = self.guidelines.services[name][0], self._voice(request).guidelines

        def work() -> dict[str, Any]:
            return guidelines.answer(name, read_request(body, hook))

        answer = await self.workers.run(work)
        for card in answer["cards"]:
            self.metrics.count_card(card["indicator"])
        return _json(json.dumps(answer).encode())

    async def _told(self, request: Request) -> Response:
        name = self._service(request)
        _demand_json(request)
        body = await self._bodies.read(request)
        try:
            await self.workers.run(lambda: self._feedback.take(name, body))
        except IndicantError as error:
            raise Refused(503, "feedback cannot be kept now") from error
        return _json(b"{}")

    # ------------------------------------------------------------------ documents and queries

    def _question(self, name: str) -> Handler:
        async def asked(request: Request) -> Response:
            answer = getattr(self._voice(request).asking, name)
            body = await self._bodies.read(request)
            query = _parameters(request)
            media_type = _media_type(request)
            told: str = await self.workers.run(lambda: answer(question(body, media_type, query)))
            return _json(told.encode())

        return asked

    async def _form(self, request: Request) -> Response:
        served = self._voice(request).guidelines.named(request.path_params.get("guideline"))
        told = await self.workers.run(lambda: served.form.text())
        return Response(told, headers=_NEVER, media_type=FHIR_JSON)

    # ------------------------------------------------------------------ the page for one patient

    async def _pages(self, request: Request) -> Response:
        return _shown(await self.workers.run(self._voice(request).patient.index))

    async def _page(self, request: Request) -> Response:
        name, page = request.path_params["guideline"], self._voice(request).patient
        if request.method != "POST":
            return _shown(await self.workers.run(lambda: page.start(name)))
        if _media_type(request) != protocol.FORM:
            raise Refused(415, "the media type is not taken", help=protocol.FORM)
        body = await self._bodies.read(request)
        return _shown(await self.workers.run(lambda: page.act(name, body)))

    async def _asset(self, request: Request) -> Response:
        path = request.url.path
        name, media_type = next((one, of) for one, of in _ASSETS.items() if path.endswith(one))
        return Response(asset(name[1:]), headers=_OF_PAGES, media_type=media_type)

    async def _bench(self, request: Request) -> Response:
        name = request.path_params.get("guideline", "")
        form = dict(_parameters(request))
        if request.method == "POST":
            if _media_type(request) != protocol.FORM:
                raise Refused(415, "the media type is not taken", help=protocol.FORM)
            form = form_of(await self._bodies.read(request))
        bench = self._voice(request).workbench
        return _shown(await self._queries.run(lambda: bench.act(name, form)))

    async def _sparql(self, request: Request) -> Response:
        name = request.path_params.get("guideline", "")
        body = await self._bodies.read(request) if request.method == "POST" else b""
        query = protocol.query_of(request.method, _parameters(request), _media_type(request), body)
        accept = request.headers.get("accept", "")
        if query is None:
            form = protocol.chosen(accept, {**protocol.DESCRIPTIONS, HTML: ""})
            if form == HTML:
                if name:
                    self.guidelines.named(name)
                place = f"../workbench/{name}" if name else "workbench"
                return RedirectResponse(place, 303, headers=_NEVER)
            url = self.settings.base_url.rstrip("/") + request.url.path
            told = await self._queries.run(lambda: self.endpoint.description(name, url, form))
            return Response(told, headers=_NEVER, media_type=form)
        said = self.endpoint.known(name, query, accept)
        if said is None:
            said = await self._queries.run(lambda: self.endpoint.answer(name, query, accept))
        told, form = said
        return Response(told, headers=_NEVER, media_type=form)


def _shown(shown: Shown) -> Response:
    headers = dict(_OF_PAGES)
    if shown.name:
        headers["Content-Disposition"] = f'attachment; filename="{shown.name}"'
    return Response(shown.body, shown.status, headers=headers, media_type=shown.media_type)


def _parameters(request: Request) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            request.url.query,
            keep_blank_values=True,
            errors="strict",
            max_num_fields=100,
        )
    except ValueError as error:
        raise Refused(400, "the parameters of the URL are none") from error


def _media_type(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _demand_json(request: Request) -> None:
    if _media_type(request) not in {JSON, FHIR_JSON}:
        raise Refused(415, "the media type is not taken", help=JSON)


def _json(data: bytes, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(data, status, headers={**_NEVER, **(headers or {})}, media_type=JSON)


def _text(text: str, status: int = 200) -> Response:
    return Response(text, status, headers=_NEVER, media_type="text/plain")
