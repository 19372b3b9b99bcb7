PREFIX ind: <https://w3id.org/indicant/core/>
INSERT { ?decision ind:certainty ind:HighCertainty , ind:LowCertainty }
WHERE {
  { SELECT ?decision WHERE { ?decision ind:answer ind:Met } ORDER BY ?decision LIMIT 1 }
}
