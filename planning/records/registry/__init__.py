"""The department's register of biopsies: cases, errors, pathology, and a trail of who wrote what.

Everything here needs SQLAlchemy, which takes long to import: import it where it is used.
"""
