PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?decision ind:restsOn ?passage }
WHERE {
  { SELECT ?decision WHERE { ?decision ind:answer ind:Met } ORDER BY ?decision LIMIT 1 }
  ?decision ind:restsOn ?passage .
}
