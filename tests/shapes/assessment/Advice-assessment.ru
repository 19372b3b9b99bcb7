PREFIX ind: <https://w3id.org/indicant/core/>
PREFIX spine: <https://w3id.org/indicant/spine/>
DELETE { ?assessment ind:advice ?advice }
WHERE {
  ?advice a ind:Advice ; ind:action spine:Gabapentin .
  ?assessment ind:advice ?advice .
}
