PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX xsd: <http://www.w3.org/2001/XMLSchema#>
INSERT { ?assessment ind:asOf "2020-02-29"^^xsd:date }
WHERE {
  ?assessment ind:asOf ?date .
}
