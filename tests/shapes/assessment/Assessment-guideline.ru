PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?assessment ind:guideline ?guideline }
WHERE {
  ?assessment ind:guideline ?guideline .
}
