PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?decision ind:because ?reason }
WHERE {
  { SELECT ?reason WHERE { ?reason a ind:Reason } ORDER BY ?reason LIMIT 1 }
  ?decision ind:because ?reason .
}
