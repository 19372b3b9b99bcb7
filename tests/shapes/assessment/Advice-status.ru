PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX spine: <https://w3id.org/indicant/spine/>
INSERT { ?advice ind:status ind:NotApplicable }
WHERE {
  ?advice a ind:Advice ; ind:action spine:Gabapentin .
}
