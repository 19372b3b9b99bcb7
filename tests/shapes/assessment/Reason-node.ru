PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?reason ind:node ?node }
WHERE {
  { SELECT ?reason WHERE { ?reason a ind:Reason } ORDER BY ?reason LIMIT 1 }
  ?reason ind:node ?node .
}
