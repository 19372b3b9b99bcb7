PREFIX prov: <http://www.w3.org/ns/prov#>
DELETE { ?assessment prov:wasDerivedFrom ?source }
WHERE {
  ?assessment prov:wasDerivedFrom ?source .
}
