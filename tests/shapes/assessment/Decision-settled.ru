PREFIX ind: <https://w3id.org/indicant/core/>
INSERT { ?decision ind:settledBy <https://example.org/implicant> }
WHERE {
  { SELECT ?decision WHERE { ?decision ind:answer ind:Met } ORDER BY ?decision LIMIT 1 }
}
