PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX spine: <https://w3id.org/indicant/spine/>
DELETE { ?advice ind:status ?status }
INSERT { ?advice ind:status ind:Contraindicated }
WHERE {
  ?advice a ind:Advice ; ind:action spine:Gabapentin .
  ?advice ind:status ?status .
}
