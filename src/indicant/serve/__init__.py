"""Guidelines over HTTP: CDS Hooks, assessments, and queries of the published graph."""
