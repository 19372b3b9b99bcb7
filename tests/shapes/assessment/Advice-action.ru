PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX spine: <https://w3id.org/indicant/spine/>
DELETE { ?advice ind:action ?action }
WHERE {
  ?advice a ind:Advice ; ind:action spine:Gabapentin .
  ?advice ind:action ?action .
}
