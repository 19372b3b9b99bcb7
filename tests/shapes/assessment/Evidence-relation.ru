PREFIX cito: <http://purl.org/spar/cito/>
PREFIX ind: <https://w3id.org/indicant/core/>
INSERT { ?link ind:relation cito:cites }
WHERE {
  { SELECT ?link WHERE { ?link a ind:EvidenceLink } ORDER BY ?link LIMIT 1 }
}
