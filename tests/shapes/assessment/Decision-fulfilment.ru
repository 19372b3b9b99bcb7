PREFIX ind: <https://w3id.org/indicant/core/>
INSERT { ?decision ind:fulfilment ind:Fulfilled , ind:NotFulfilled }
WHERE {
  { SELECT ?decision WHERE { ?decision ind:answer ind:Met } ORDER BY ?decision LIMIT 1 }
}
