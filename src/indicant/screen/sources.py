"""Say each passage and each publication once, under a key that others point to it by."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from indicant.screen.records import (
    PublicationRecord,
    SaidRecord,
    StretchRecord,
    WarrantRecord,
)
from indicant.terms import local_name

if TYPE_CHECKING:
    from indicant.assess.records import EvidenceRecord, PassageRecord, RecommendationRecord

_KNOWN: Final = ("authors", "year", "venue", "doi", "pmid", "pmcid")
_SAID: Final = ("note", "basis", "certainty")


class _Keys:
    """Names things by their short names, with a number where others have them already."""

    def __init__(self) -> None:
        self._of: dict[object, str] = {}
        self._taken: set[str] = set()

    def key(self, name: str, identity: object) -> str:
        """Return the key of a thing, and always the same."""
        if identity not in self._of:
            key, number = name, 1
            while key in self._taken:
                number += 1
                key = f"{name}-{number}"
            self._taken.add(key)
            self._of[identity] = key
        return self._of[identity]


class Sources:
    """The passages and publications that lines point to."""

    def __init__(self) -> None:
        self._passages: dict[str, StretchRecord] = {}
        self._publications: dict[str, PublicationRecord] = {}
        self._of_passages, self._of_publications = _Keys(), _Keys()

    def tables(self) -> tuple[dict[str, StretchRecord], dict[str, PublicationRecord]]:
        """Return what was pointed to, by key."""
        return self._passages, self._publications

    def warrant(self, record: RecommendationRecord) -> WarrantRecord:
        """Return a recommendation with the keys of what it rests on."""
        keys = {one["id"]: self._passage(one) for one in record["passages"]}
        for said in record["evidence"]:
            if said["passage"] in keys:
                self._say(keys[said["passage"]], said)
        found = WarrantRecord(
            iri=record["iri"],
            label=record["label"],
            direction=record["direction"],
            passages=list(keys.values()),
        )
        if record["citations"]:
            found["citations"] = record["citations"]
        if "guideline" in record:
            found["guideline"] = record["guideline"]
        return found

    def _passage(self, record: PassageRecord) -> str:
        identity = (*(record[part] for part in ("id", "sha256", "start", "end", "paraphrase")),)
        key = self._of_passages.key(record["id"], identity)
        if key not in self._passages:
            found = StretchRecord(
                start=record["start"], end=record["end"], says=record["paraphrase"]
            )
            if record.get("ofItsPatient"):
                found["ofItsPatient"] = True
            if record["section"]:
                found["section"] = record["section"]
            self._passages[key] = found
        return key

    def _say(self, passage: str, said: EvidenceRecord) -> None:
        iri = said["publication"]
        key = self._of_publications.key(local_name(iri), iri)
        if key not in self._publications:
            found = PublicationRecord(title=said["title"])
            found.update({name: said[name] for name in _KNOWN if said[name]})  # type: ignore[typeddict-item]
            self._publications[key] = found
        told = SaidRecord(publication=key)
        told.update({name: said[name] for name in _SAID if said[name]})  # type: ignore[typeddict-item]
        evidence = self._passages[passage].setdefault("evidence", {})
        rows = evidence.setdefault(said["relation"], [])
        if told not in rows:
            rows.append(told)
