PREFIX ind: <https://w3id.org/indicant/core/>
INSERT { ?decision ind:because ?reason }
WHERE {
  { SELECT ?decision WHERE { ?decision ind:answer ind:Open } ORDER BY ?decision LIMIT 1 }
  { SELECT ?reason WHERE { ?reason a ind:Reason } ORDER BY ?reason LIMIT 1 }
}
