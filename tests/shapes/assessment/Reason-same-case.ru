PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?reason ind:assesses ?case }
INSERT { ?reason ind:assesses <https://example.org/other> }
WHERE {
  { SELECT ?reason WHERE { ?reason a ind:Reason } ORDER BY ?reason LIMIT 1 }
  ?reason ind:assesses ?case .
}
