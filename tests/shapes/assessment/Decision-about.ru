PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?decision ind:about ?recommendation }
WHERE {
  { SELECT ?decision WHERE { ?decision ind:answer ind:Met } ORDER BY ?decision LIMIT 1 }
  ?decision ind:about ?recommendation .
}
