"""Write the tables of the documents from the code: ``python -m tests.docs``, or ``make docs``."""

from tests.docs.pages import DOCS, TABLES, filled

for name in TABLES:
    page = DOCS / name
    page.write_text(filled(name, page.read_text("utf-8")), "utf-8")
