PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?reason ind:literal ?literal }
WHERE {
  { SELECT ?reason WHERE { ?reason a ind:Reason } ORDER BY ?reason LIMIT 1 }
  ?reason ind:literal ?literal .
}
