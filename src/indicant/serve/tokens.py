"""Hold requests to the tokens of CDS Hooks, with keys from a file of this machine."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING, Any, Final

import jwt

from indicant.errors import IndicantError
from indicant.files import bounded
from indicant.serve.common import MOST_USED, too_many
from indicant.serve.refusals import Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from indicant.serve.common import Used

ALGORITHMS: Final = ("ES256", "ES384", "RS256", "RS384")
"""The algorithms of signatures that are taken: each by a pair of keys, never by a shared one."""
_NEEDED: Final = ("iss", "aud", "exp", "iat", "jti")
_LONGEST: Final = 16_000
_MOST_KEYS: Final = 1_000_000


class Tokens:
    """Knows keys, and which tokens were used already.

    Args:
        file: a JSON Web Key Set.
        issuers: who may have signed; without, whoever has one of the keys.
        clock: the time in seconds.
        used: what knows which were used; without, what is used here is known here.

    Raises:
        IndicantError: the file cannot be read, or has no key of a pair.
    """

    def __init__(
        self,
        file: str,
        issuers: tuple[str, ...] = (),
        clock: Callable[[], float] = time.time,
        used: Used | None = None,
    ) -> None:
        self._issuers, self._clock = frozenset(issuers), clock
        self._used: Used = _Seen() if used is None else used
        try:
            said = json.loads(bounded.data(file, _MOST_KEYS))
            keys = jwt.PyJWKSet.from_dict(said).keys
        except (ValueError, AttributeError, jwt.PyJWTError) as error:
            raise IndicantError(
                "is no set of keys",
                file=file,
                help='a JSON Web Key Set has the form {"keys": [{"kty": …, "kid": …, "alg": …}]}',
            ) from error
        self._keys = {
            one.key_id: one for one in keys if one.key_id and one.key_type in {"EC", "RSA"}
        }
        if not self._keys:
            raise IndicantError(
                "has no key of a pair with a name",
                file=file,
                help="each key has kid, and is of the type RSA or EC",
            )

    def demand(self, header: str, url: str) -> None:
        """Do nothing where a request has a token that is for an address of this service.

        Args:
            header: the value of ``Authorization``.
            url: the address, as clients call it.

        Raises:
            Refused: it has none, or none that holds.
        """
        kind, _, token = header.partition(" ")
        if kind.lower() != "bearer" or not token or len(token) > _LONGEST:
            raise _no("a token is needed", "Authorization: Bearer …, as CDS Hooks has it")
        try:
            head = jwt.get_unverified_header(token)
            key = self._keys.get(str(head.get("kid")))
            algorithm = head.get("alg")
            if algorithm not in ALGORITHMS or head.get("typ", "JWT") != "JWT":
                raise _no(
                    "the token is signed in a way that is not taken",
                    "alg is one of: " + ", ".join(ALGORITHMS),
                )
            if key is None:
                raise _no("the token is signed with a key that is not known")
            if key.algorithm_name != algorithm:
                raise _no("the token is not signed as its key is for")
            said: dict[str, Any] = jwt.decode(
                token,
                key,
                algorithms=[algorithm],
                audience=url,
                options={
                    "require": list(_NEEDED),
                    "verify_exp": False,
                    "verify_iat": False,
                    "verify_nbf": False,
                },
            )
        except jwt.MissingRequiredClaimError as error:
            raise _no("the token lacks a claim", "it has " + ", ".join(_NEEDED)) from error
        except jwt.InvalidAudienceError as error:
            raise _no("the token is for another address") from error
        except (jwt.PyJWTError, ValueError, TypeError) as error:
            raise _no("the token does not hold") from error
        self._demand_claims(said)

    def _demand_claims(self, said: dict[str, Any]) -> None:
        """Look at what a token says whose signature holds."""
        now = self._clock()
        times = [said[name] for name in ("exp", "iat")]
        if not all(isinstance(one, int | float) and not isinstance(one, bool) for one in times):
            raise _no("the token does not hold")
        if not times[0] > now:  # NaN is no time either
            raise _no("the token has expired")
        if times[1] > now + 60 or said.get("nbf", 0) > now + 60:
            raise _no("the token is not valid yet")
        issuer, name = said["iss"], said["jti"]
        if self._issuers and issuer not in self._issuers:
            raise _no("the token is of somebody who is not known")
        if not self._used.take(issuer, name, times[0], now):
            raise _no("the token was used already")


class _Seen:
    """Knows which tokens were used in this process."""

    def __init__(self) -> None:
        self._ends: dict[tuple[str, str], float] = {}

    def take(self, issuer: str, name: str, end: float, now: float) -> bool:
        """Take a token until its end, and tell whether it was not used yet.

        Raises:
            Refused: too many are in use.
        """
        if (issuer, name) in self._ends:
            return False
        if len(self._ends) >= MOST_USED:
            self._ends = {key: end for key, end in self._ends.items() if end > now}
            if len(self._ends) >= MOST_USED:
                raise too_many()
        self._ends[issuer, name] = end
        return True


def _no(message: str, help_: str = "") -> Refused:
    return Refused(401, message, help=help_, headers={"WWW-Authenticate": "Bearer"})
