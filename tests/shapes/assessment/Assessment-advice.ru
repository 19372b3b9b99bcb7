PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX spine: <https://w3id.org/indicant/spine/>
DELETE { ?advice a ind:Advice }
WHERE {
  ?advice a ind:Advice ; ind:action spine:Gabapentin .
}
