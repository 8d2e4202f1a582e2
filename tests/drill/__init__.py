"""What becomes of the portal when its parts fail (docs/faults.md). ``make drill`` runs it whole."""
