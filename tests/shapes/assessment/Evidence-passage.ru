PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?link ind:passage ?passage }
WHERE {
  { SELECT ?link WHERE { ?link a ind:EvidenceLink } ORDER BY ?link LIMIT 1 }
  ?link ind:passage ?passage .
}
