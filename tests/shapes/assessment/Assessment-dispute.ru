PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX spine: <https://w3id.org/indicant/spine/>
INSERT { ?advice ind:disputedBy <https://example.org/publication> }
WHERE {
  ?advice a ind:Advice ; ind:action spine:Gabapentin .
}
