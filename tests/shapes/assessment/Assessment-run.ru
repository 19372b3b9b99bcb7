PREFIX prov: <http://www.w3.org/ns/prov#>
DELETE { ?assessment prov:wasGeneratedBy ?run }
WHERE {
  ?assessment prov:wasGeneratedBy ?run .
}
