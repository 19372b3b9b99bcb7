PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?decision ind:awaits ?literal }
WHERE {
  { SELECT ?decision WHERE { ?decision ind:answer ind:Open } ORDER BY ?decision LIMIT 1 }
  ?decision ind:awaits ?literal .
}
