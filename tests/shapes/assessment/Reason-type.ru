PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?reason a ind:Reason }
WHERE {
  { SELECT ?reason WHERE { ?reason a ind:Reason } ORDER BY ?reason LIMIT 1 }
}
