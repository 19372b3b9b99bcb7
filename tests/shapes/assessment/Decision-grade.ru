PREFIX ind: <https://w3id.org/indicant/core/>
INSERT { ?decision ind:gradeStrength ind:StrongRecommendation , ind:ConditionalRecommendation }
WHERE {
  { SELECT ?decision WHERE { ?decision ind:answer ind:Met } ORDER BY ?decision LIMIT 1 }
}
