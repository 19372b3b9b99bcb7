PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?decision ind:restsOn ?passage }
WHERE {
  { SELECT ?link WHERE { ?link a ind:EvidenceLink } ORDER BY ?link LIMIT 1 }
  ?decision ind:evidence ?link .
  ?link ind:passage ?passage .
}
