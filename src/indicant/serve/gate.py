"""Know which routes are for whom: everybody, programs with a token, people behind a proxy."""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Final

from indicant.errors import IndicantError
from indicant.files import bounded

if TYPE_CHECKING:
    from collections.abc import Mapping

    from indicant.serve.common import Used
    from indicant.serve.settings import Settings
    from indicant.serve.tokens import Tokens

OPEN: Final = frozenset(
    {
        "/",
        "/healthz",
        "/readyz",
        "/metrics",
        "/cds-services",
        "/openapi.json",
        "/patient.css",
        "/patient.js",
        "/workbench.css",
    }
)
"""The routes that ask for nothing: they tell nothing of anybody."""
PROXY_KEY: Final = "indicant-proxy-key"
"""The header by which a proxy says that it has signed somebody in."""
_KEY: Final = re.compile(r"[!-~]{32,1000}")
_PAGES: Final = ("/patient", "/workbench")


def is_page(path: str) -> bool:
    """Tell whether a route is for people, who have no tokens."""
    return path == "/" or path in _PAGES or path.startswith(tuple(f"{one}/" for one in _PAGES))


class Gate:
    """Lets those in who may ask.

    Args:
        settings: the settings of the service.
        used: what knows which tokens were used, where that is for several processes.

    Raises:
        IndicantError: the keys of tokens or the key of the proxy are no good.
    """

    def __init__(self, settings: Settings, used: Used | None = None) -> None:
        self._base = settings.base_url.rstrip("/")
        self._tokens = _tokens(settings, used)
        self._key = None if settings.proxy_key is None else _key(settings.proxy_key)

    def demand(self, route: str, path: str, headers: Mapping[str, str]) -> None:
        """Do nothing where a request may be made.

        Args:
            route: the route, with the names of its parameters.
            path: the path that is asked for.
            headers: the headers, by their names in small letters.

        Raises:
            Refused: it may not.
        """
        if self._tokens is None or route in OPEN:
            return
        if self._key is not None and is_page(route):
            given = headers.get(PROXY_KEY, "")
            if hmac.compare_digest(given.encode(), self._key):
                return
        self._tokens.demand(headers.get("authorization", ""), self._base + path)


def _tokens(settings: Settings, used: Used | None) -> Tokens | None:
    """Return what tokens are held to; what knows how to is 10 MB, and loaded where it is needed."""
    if settings.jwks is None:
        return None
    from indicant.serve.tokens import Tokens

    return Tokens(settings.jwks, settings.issuers, used=used)


def _key(file: str) -> bytes:
    """Return the key of a file.

    Raises:
        IndicantError: it cannot be read, or can be guessed.
    """
    found = bounded.text(file, 10_000).strip()
    if not _KEY.fullmatch(found):
        raise IndicantError(
            "is no key: one line of 32 to 1000 printable characters of ASCII, without spaces",
            file=file,
            help=f"python -c 'import secrets; print(secrets.token_urlsafe(32))' > {file}",
        )
    return found.encode()
