PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?assessment ind:asOf ?date }
WHERE {
  ?assessment ind:asOf ?date .
}
