PREFIX ind: <https://w3id.org/indicant/core/>
INSERT { ?decision ind:evidence ?publication }
WHERE {
  { SELECT ?decision WHERE { ?decision ind:answer ind:Met } ORDER BY ?decision LIMIT 1 }
  ?link ind:publication ?publication .
}
