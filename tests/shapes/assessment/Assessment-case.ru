PREFIX ind: <https://w3id.org/indicant/core/>
DELETE { ?assessment ind:assesses ?case }
WHERE {
  ?assessment a ind:Assessment ; ind:assesses ?case .
}
