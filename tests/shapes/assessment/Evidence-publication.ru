PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?link ind:publication ?publication }
WHERE {
  { SELECT ?link WHERE { ?link a ind:EvidenceLink } ORDER BY ?link LIMIT 1 }
  ?link ind:publication ?publication .
}
