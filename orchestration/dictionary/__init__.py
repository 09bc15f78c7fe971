"""The data dictionary: one page that says what each published mart and column means, and where it comes from.

What others call: ``site.write_dictionary``.

Belongs here: reading the models' own descriptions, and the page. Does not belong here: any description; they
stand beside the models.
"""
