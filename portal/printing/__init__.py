"""Files for people to keep: pages to print (PDF) and tables (XLSX). Knows fonts, and nothing of what is printed."""
