"""Makes every file of the corpus and expected.json.

    python make.py [--without-libreoffice]

Without LibreOffice its files stay as they are.
"""

import sys

import by_hand
import by_libreoffice
import by_openpyxl
import by_text
import by_xlwt
import quirks

by_openpyxl.make()
by_hand.make()
by_text.make()
by_xlwt.make()
by_libreoffice.make(run="--without-libreoffice" not in sys.argv)
quirks.save()
print(len(quirks.EXPECTED), "files")
