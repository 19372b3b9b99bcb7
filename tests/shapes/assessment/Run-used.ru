PREFIX prov: <http://www.w3.org/ns/prov#>
DELETE { ?run prov:used ?source }
WHERE {
  ?run prov:used ?source .
}
