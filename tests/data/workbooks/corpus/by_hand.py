"""Parts of workbooks written or broken by hand: what no program writes on purpose, and what
hostile ones do."""

import io
import struct
import zipfile

from quirks import KRW, PLAIN, ROWS, path, refused, used

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
RELS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SERIALS = [46345, 46346, 46347]
TEXTS = ["날짜", "상품명", "가격", "이어폰", "케이블"]


def relationships(*targets, prefix=RELS):
    inner = "".join(f'<Relationship Id="rId{n}" Type="{prefix}/{kind}" Target="{target}"/>' for n, (kind, target) in enumerate(targets, 1))
    return f'{DECLARATION}<Relationships xmlns="{PACKAGE}">{inner}</Relationships>'


WORKBOOK = f'{DECLARATION}<workbook xmlns="{MAIN}" xmlns:r="{RELS}"><sheets><sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
STYLES = f'{DECLARATION}<styleSheet xmlns="{MAIN}"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>'
CONTENT = f'{DECLARATION}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>'


def shared(texts=TEXTS, attributes=""):
    return f'{DECLARATION}<sst xmlns="{MAIN}"{attributes}>' + "".join(f"<si><t>{text}</t></si>" for text in texts) + "</sst>"


def c(place, value, kind="", style=""):
    kind = f' t="{kind}"' if kind else ""
    style = f' s="{style}"' if style else ""
    return f'<c r="{place}"{style}{kind}><v>{value}</v></c>'


def row(number, *cells):
    return f'<row r="{number}">' + "".join(cells) + "</row>"


HEADER = row(1, c("A1", 0, "s"), c("B1", 1, "s"), c("C1", 2, "s"))
BODY = [row(n, c(f"A{n}", SERIALS[n - 2], style="1"), c(f"B{n}", 3 if product == "이어폰" else 4, "s"), c(f"C{n}", price)) for n, (_, product, price) in enumerate(ROWS, 2)]


def sheet(inner=None, before="", after="", namespace=MAIN):
    inner = HEADER + "".join(BODY) if inner is None else inner
    return f'{DECLARATION}<worksheet xmlns="{namespace}">{before}<sheetData>{inner}</sheetData>{after}</worksheet>'


def parts(**changes):
    all_parts = {
        "[Content_Types].xml": CONTENT,
        "_rels/.rels": relationships(("officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": WORKBOOK,
        "xl/_rels/workbook.xml.rels": relationships(("worksheet", "worksheets/sheet1.xml"), ("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml")),
        "xl/worksheets/sheet1.xml": sheet(),
        "xl/styles.xml": STYLES,
        "xl/sharedStrings.xml": shared(),
    }
    names = {"sheet": "xl/worksheets/sheet1.xml", "strings": "xl/sharedStrings.xml", "workbook": "xl/workbook.xml", "styles": "xl/styles.xml", "rels": "xl/_rels/workbook.xml.rels", "root": "_rels/.rels"}
    for name, content in changes.items():
        if content is None:
            del all_parts[names[name]]
        else:
            all_parts[names[name]] = content
    return all_parts


def packed(all_parts, method=zipfile.ZIP_DEFLATED):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as file:
        for name, content in all_parts.items():
            info = zipfile.ZipInfo(name, (2026, 11, 21, 0, 0, 0))
            info.compress_type = method
            file.writestr(info, content)
    return buffer.getvalue()


def write(name, rows=PLAIN, rejected=(), method=zipfile.ZIP_DEFLATED, more=(), **changes):
    used(name, rows, rejected, **dict(more)).write_bytes(packed(parts(**changes), method))


def one(name, cell, expected=None, rejected=None, strings=None):
    """A sheet whose first price is another cell, and a good row below."""
    rows = ([["2026-11-19", "이어폰", expected, None]] if expected else []) + [PLAIN[1]]
    body = row(2, c("A2", SERIALS[0], style="1"), c("B2", 3, "s"), cell) + BODY[1]
    write(name, rows, [("C2", rejected)] if rejected else [], sheet=sheet(HEADER + body), strings=strings or shared())


def make():
    markup()
    values()
    containers()
    hostile()
    spreadsheets()
    broken()
    binary()


def markup():
    write("xml-plain.xlsx")
    prefixed = sheet().replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("xmlns=", "xmlns:x=")
    write("xml-prefixes.xlsx", sheet=prefixed)
    write("xml-prefixes-in-shared-strings.xlsx", strings=shared().replace("<", "<x:").replace("<x:/", "</x:").replace("<x:?", "<?").replace("xmlns=", "xmlns:x="))
    write("xml-utf-16.xlsx", sheet=sheet().replace("UTF-8", "UTF-16").encode("utf-16"))
    write("xml-utf-16-big-endian-shared-strings.xlsx", strings=b"\xfe\xff" + shared().replace("UTF-8", "UTF-16").encode("utf-16-be"))
    write("xml-utf-8-with-mark.xlsx", sheet=b"\xef\xbb\xbf" + sheet().encode())
    write("xml-without-declaration.xlsx", sheet=sheet().replace(DECLARATION, ""))
    write("xml-single-quotes.xlsx", sheet=sheet().replace('"', "'"))
    write("xml-indented.xlsx", sheet=sheet().replace("><", ">\n  <"))
    write("xml-windows-line-ends.xlsx", sheet=sheet().replace("><", ">\r\n<"))
    write("xml-comments-between.xlsx", sheet=sheet().replace("<row", "<!-- <row r='9'> --><row"))
    write("xml-comment-before-data.xlsx", sheet=sheet(before="<!-- <sheetData> -->"))
    write("xml-strict.xlsx", sheet=sheet(namespace=STRICT), strings=shared().replace(MAIN, STRICT), root=relationships(("officeDocument", "xl/workbook.xml"), prefix="http://purl.oclc.org/ooxml/officeDocument/relationships"))
    write("xml-parts-after-data.xlsx", sheet=sheet(after='<autoFilter ref="A1:C4"/><mergeCells count="1"><mergeCell ref="E1:F1"/></mergeCells><pageMargins left="0.7"/>'))
    write("xml-views-and-columns-before-data.xlsx", sheet=sheet(before='<sheetPr/><dimension ref="A1:C4"/><sheetViews><sheetView workbookViewId="0"/></sheetViews><cols><col min="1" max="3" width="9"/></cols>'))
    write("xml-row-attributes.xlsx", sheet=sheet().replace("<row ", '<row spans="1:3" ht="15" x14ac:dyDescent="0.3" customFormat="1" ').replace("<worksheet ", '<worksheet xmlns:x14ac="urn:x" '))
    write("xml-cell-attributes-in-other-order.xlsx", sheet=sheet().replace('<c r="B2" t="s">', '<c t="s" r="B2">').replace('<c r="C2">', '<c cm="1" r="C2" ph="1">'))
    write("cells-without-places.xlsx", sheet=sheet(HEADER + "".join(BODY)).replace(' r="A', ' q="A').replace(' r="B', ' q="B').replace(' r="C', ' q="C'))
    bare = "".join(f"<row><c t='s'><v>{a}</v></c><c t='s'><v>{b}</v></c><c t='s'><v>{d}</v></c></row>" for a, b, d in [(0, 1, 2)]) + "".join(f'<row><c s="1"><v>{s}</v></c><c t="s"><v>{3 if p == "이어폰" else 4}</v></c><c><v>{price}</v></c></row>' for s, (_, p, price) in zip(SERIALS, ROWS))
    write("rows-and-cells-without-numbers.xlsx", sheet=sheet(bare))
    write("rows-descending.xlsx", sheet=sheet(HEADER + "".join(reversed(BODY))))
    write("columns-descending.xlsx", sheet=sheet(HEADER + "".join(row(n, c(f"C{n}", price), c(f"B{n}", 3 if p == "이어폰" else 4, "s"), c(f"A{n}", SERIALS[n - 2], style="1")) for n, (_, p, price) in enumerate(ROWS, 2))))
    write("empty-cells-with-styles.xlsx", sheet=sheet().replace("</row>", '<c r="D9" s="1"/></row>').replace('"D9"', '"D1"', 1).replace('"D9"', '"D2"', 1).replace('"D9"', '"D3"', 1).replace('"D9"', '"D4"', 1))
    write("empty-rows-as-tags.xlsx", sheet=sheet(HEADER + BODY[0] + BODY[1] + BODY[2] + '<row r="9"/><row r="10"></row>'))


def values():
    one("value-formula-cached.xlsx", '<c r="C2"><f>SUM(D2:E2)</f><v>12900</v></c>', "12900")
    one("value-formula-shared.xlsx", '<c r="C2"><f t="shared" ref="C2:C3" si="0">D2*2</f><v>12900</v></c>', "12900")
    one("value-formula-empty-tag.xlsx", '<c r="C2"><f t="shared" si="0"/><v>12900</v></c>', "12900")
    one("value-formula-text.xlsx", '<c r="C2" t="str"><f>A1&amp;"원"</f><v>12,900원</v></c>'.replace("원</v>", "</v>"), "12900")
    one("value-formula-error.xlsx", '<c r="C2" t="e"><f>1/0</f><v>#DIV/0!</v></c>', rejected="unreadable_price")
    one("value-formula-without-a-value.xlsx", '<c r="C2"><f>NOW()</f></c>', rejected="not_computed")
    one("value-comment-inside.xlsx", '<c r="C2"><v>12<!-- x -->900</v></c>', "12900")
    one("value-cdata-in-text.xlsx", '<c r="C2" t="str"><v><![CDATA[12,900]]></v></c>', "12900")
    one("value-cdata-in-number.xlsx", '<c r="C2"><v><![CDATA[12900]]></v></c>', "12900")
    one("value-padded-number.xlsx", '<c r="C2"><v> 12900\n</v></c>', "12900")
    one("value-exponent.xlsx", '<c r="C2"><v>1.29E4</v></c>', "12900")
    one("value-seventeen-digits.xlsx", '<c r="C2"><v>12.990000000000002</v></c>', "12.99")
    one("value-nan.xlsx", '<c r="C2"><v>NaN</v></c>', rejected="unreadable_price")
    one("value-infinite.xlsx", '<c r="C2"><v>1e999</v></c>', rejected="unreadable_price")
    one("value-numeric-entity.xlsx", '<c r="C2"><v>129&#48;0</v></c>', "12900")
    one("value-boolean.xlsx", '<c r="C2" t="b"><v>1</v></c>', rejected="unreadable_price")
    one("value-unknown-type.xlsx", '<c r="C2" t="zz"><v>12,900</v></c>', "12900")
    one("value-empty.xlsx", '<c r="C2"><v></v></c>', rejected="no_price")
    one("value-empty-tag.xlsx", '<c r="C2"><v/></c>', rejected="no_price")
    one("value-with-extension.xlsx", '<c r="C2"><v>12900</v><extLst><ext uri="x"><v>7</v></ext></extLst></c>', "12900")
    one("value-inline-text.xlsx", '<c r="C2" t="inlineStr"><is><t>12,900</t></is></c>', "12900")
    one("value-inline-rich-text.xlsx", '<c r="C2" t="inlineStr"><is><r><t>12,</t></r><r><rPr><b/></rPr><t>900</t></r></is></c>', "12900")
    one("value-inline-with-spaces.xlsx", '<c r="C2" t="inlineStr"><is><t xml:space="preserve"> 12,900 </t></is></c>', "12900")
    one("value-index-too-large.xlsx", c("C2", 99, "s"), rejected="unreadable_price")
    one("value-index-negative.xlsx", c("C2", -1, "s"), rejected="unreadable_price")
    iso = [row(n, f'<c r="A{n}" t="d"><v>{d.isoformat()}</v></c>', c(f"B{n}", 3 if p == "이어폰" else 4, "s"), c(f"C{n}", price)) for n, (d, p, price) in enumerate(ROWS, 2)]
    write("value-iso-dates.xlsx", sheet=sheet(HEADER + "".join(iso)))
    write("strings-with-phonetic-hints.xlsx", strings=shared().replace("<si><t>이어폰</t></si>", '<si><t>이어폰</t><rPh sb="0" eb="1"><t>IEOPON</t></rPh><phoneticPr fontId="1"/></si>'))
    write("strings-with-escapes.xlsx", [[r[0], r[1].replace("이어폰", "이어폰\r\n무선"), *r[2:]] for r in PLAIN], strings=shared().replace("이어폰", "이어폰_x000D_&#10;무선"))
    write("strings-with-empty-ones.xlsx", sheet=sheet().replace('t="s"><v>3<', 't="s"><v>4<').replace('<c r="B4" t="s"><v>4<', '<c r="B4" t="s"><v>5<'), strings=shared(["날짜", "상품명", "가격", "", "이어폰", "케이블"]).replace("<si><t></t></si>", "<si/>"))


def containers():
    write("zip-stored.xlsx", method=zipfile.ZIP_STORED)
    write("zip-absolute-targets.xlsx", rels=relationships(("worksheet", "/xl/worksheets/sheet1.xml"), ("styles", "/xl/styles.xml"), ("sharedStrings", "/xl/sharedStrings.xml")))
    upper = {name.upper() if name.startswith("xl/work") else name: content for name, content in parts().items()}
    used("zip-names-in-upper-case.xlsx").write_bytes(packed(upper))
    used("zip-names-with-backslashes.xlsx").write_bytes(packed(parts()).replace(b"xl/worksheets/sheet1.xml", b"xl\\worksheets\\sheet1.xml"))
    moved = {name.replace("xl/", "data/"): content for name, content in parts(root=relationships(("officeDocument", "data/workbook.xml"))).items()}
    used("zip-other-folder.xlsx").write_bytes(packed(moved))
    used("zip-called-xls.xls").write_bytes(packed(parts()))
    macros = {**parts(), "xl/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(100)}
    used("zip-with-macros.xlsm").write_bytes(packed(macros))
    used("zip-with-bytes-after-it.xlsx").write_bytes(packed(parts()) + bytes(10))
    no_styles = parts(styles=None)
    used("parts-without-styles.xlsx").write_bytes(packed(no_styles))
    texts = {"0": "날짜", "1": "상품명", "2": "가격", "3": "이어폰", "4": "케이블"}
    inline = sheet()
    for number, text in texts.items():
        inline = inline.replace(f't="s"><v>{number}</v>', f't="inlineStr"><is><t>{text}</t></is>')
    used("parts-without-shared-strings.xlsx").write_bytes(packed(parts(strings=None, sheet=inline)))


def hostile():
    write("hostile-unique-count.xlsx", strings=shared(attributes=' count="4294967295" uniqueCount="4294967295"'))
    write("hostile-dimension.xlsx", sheet=sheet(before='<dimension ref="A1:XFD1048576"/>'))
    write("hostile-dimension-reversed.xlsx", sheet=sheet(before='<dimension ref="Z99:A1"/>'))
    write("hostile-far-cell.xlsx", sheet=sheet(HEADER + "".join(BODY) + row(1048576, c("XFD1048576", 1))))
    refused("hostile-column-beyond-the-last.xlsx", "damaged").write_bytes(packed(parts(sheet=sheet(HEADER + BODY[0] + row(3, c("ZZZZ3", 1))))))
    refused("hostile-row-beyond-the-last.xlsx", "damaged").write_bytes(packed(parts(sheet=sheet(HEADER + BODY[0] + row(99999999, c("A99999999", 1))))))
    refused("hostile-row-zero.xlsx", "damaged").write_bytes(packed(parts(sheet=sheet(HEADER + BODY[0] + row(0, c("A0", 1))))))
    laughs = '<!DOCTYPE lolz [<!ENTITY a "' + "가격" * 50 + '"><!ENTITY b "' + "&a;" * 50 + '">]>'
    refused("hostile-entities.xlsx", "damaged").write_bytes(packed(parts(strings=shared(["날짜", "상품명", "가격", "&b;", "케이블"]).replace(DECLARATION, DECLARATION + laughs))))
    refused("hostile-document-type.xlsx", "damaged").write_bytes(packed(parts(sheet=sheet().replace(DECLARATION, DECLARATION + "<!DOCTYPE worksheet>"))))
    refused("hostile-one-cell-of-many-megabytes.xlsx", "too_large").write_bytes(packed(parts(sheet=sheet(HEADER + row(2, '<c r="A2" t="inlineStr"><is><t>' + "A" * 20_000_000 + "</t></is></c>")))))
    refused("hostile-one-shared-text-of-many-megabytes.xlsx", "too_large").write_bytes(packed(parts(strings=shared([*TEXTS, "A" * 20_000_000]))))
    refused("hostile-comment-of-many-megabytes.xlsx", "too_large").write_bytes(packed(parts(sheet=sheet(HEADER + "<!--" + "<c" * 10_000_000 + "-->" + BODY[0]))))
    refused("hostile-ods-repeated.ods", "too_large").write_bytes(ods('<table:table-row><table:table-cell office:value-type="string"><text:p>가격</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>상품명</text:p></table:table-cell></table:table-row><table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384" office:value-type="float" office:value="1"><text:p>1</text:p></table:table-cell></table:table-row>'))


def ods(rows, manifest="", styles=""):
    head = 'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"'
    content = f'<office:document-content {head}>{styles}<office:body><office:spreadsheet><table:table table:name="Sheet1">{rows}</table:table></office:spreadsheet></office:body></office:document-content>'
    return packed({"mimetype": "application/vnd.oasis.opendocument.spreadsheet", "content.xml": content, "META-INF/manifest.xml": f"<manifest>{manifest}</manifest>"})


def spreadsheets():
    def text(value):
        return f'<table:table-cell office:value-type="string"><text:p>{value}</text:p></table:table-cell>'

    def line(*cells):
        return "<table:table-row>" + "".join(cells) + "</table:table-row>"

    head = line(*[text(heading) for heading in TEXTS[:3]])
    kinds = ['currency" office:currency="KRW', 'currency" office:currency="EUR', "currency", 'float" office:currency="KRW', 'currency" office:currency="₩']
    currencies = ["KRW", "EUR", None, None, "KRW"]
    rows = [line(text("2026-11-21"), text(f"상품 {at}"), f'<table:table-cell office:value-type="{kind}" office:value="{at}.5"><text:p>?</text:p></table:table-cell>') for at, kind in enumerate(kinds)]
    expected = [["2026-11-21", f"상품 {at}", f"{at}.5", currency] for at, currency in enumerate(currencies)]
    used("ods-currency-of-a-cell.ods", expected, warnings=["several_currencies"]).write_bytes(ods(head + "".join(rows)))

    # The column's style says won, a row's pieces, a cell's euro; a style has its parent's format.
    formats = {"won": "<number:number/><number:text>원</number:text>", "pieces": "<number:number/><number:text>개</number:text>", "below": "<number:text>-</number:text><number:number/>", "euro": '<number:number/><number:currency-symbol number:language="de" number:country="DE">€</number:currency-symbol>'}
    styles = "".join(f'<number:number-style style:name="{name}">{code}</number:number-style>' for name, code in formats.items())
    styles += '<number:number-style style:name="mapped"><number:number/><style:map style:condition="value()&gt;=0" style:apply-style-name="euro"/></number:number-style>'
    for style, data in [("C1", "won"), ("R1", "pieces"), ("E1", "mapped")]:
        styles += f'<style:style style:name="{style}" style:family="table-cell" style:data-style-name="{data}"/>'
    styles += '<style:style style:name="E2" style:family="table-cell" style:parent-style-name="E1"/>'
    columns = '<table:table-columns><table:table-column table:number-columns-repeated="2"/><table:table-column table:default-cell-style-name="C1"/></table:table-columns>'
    rows = []
    for at, (row_style, cell_style) in enumerate([(None, None), ("R1", None), ("R1", "E1"), (None, "E2"), (None, "unknown")]):
        named = f' table:style-name="{cell_style}"' if cell_style else ""
        cell = f'<table:table-cell{named} office:value-type="float" office:value="{at}.5"><text:p>?</text:p></table:table-cell>'
        line_style = f' table:default-cell-style-name="{row_style}"' if row_style else ""
        rows.append(f"<table:table-row{line_style}>" + text("2026-11-21") + text(f"상품 {at}") + cell + "</table:table-row>")
    expected = [["2026-11-21", f"상품 {at}", f"{at}.5", currency] for at, currency in enumerate(["KRW", None, "EUR", "EUR", None])]
    used("ods-currency-of-a-format.ods", expected, warnings=["several_currencies"]).write_bytes(ods(columns + head + "".join(rows), styles=f"<office:automatic-styles>{styles}</office:automatic-styles>"))


def broken():
    good = packed(parts())
    refused("error-cut-off.xlsx", "truncated").write_bytes(good[: len(good) // 2])
    refused("error-cut-off-at-the-end.xlsx", "truncated").write_bytes(good[:-30])
    stored = bytearray(packed(parts(), zipfile.ZIP_STORED))
    stored[stored.index(b"<v>12900</v>") + 4] ^= 1
    refused("error-flipped-bit.xlsx", "damaged").write_bytes(stored)
    stored = bytearray(packed(parts(sheet=sheet().replace('"', "'")), zipfile.ZIP_STORED))
    stored[stored.index(b"<v>12900</v>") + 4] ^= 1
    refused("error-flipped-bit-in-single-quotes.xlsx", "damaged").write_bytes(stored)
    refused("error-sheet-part-missing.xlsx", "damaged").write_bytes(packed({name: content for name, content in parts().items() if "sheet1" not in name}))
    refused("error-sheet-ends-early.xlsx", "damaged").write_bytes(packed(parts(sheet=sheet().split("</sheetData>")[0])))
    refused("error-sheet-is-not-xml.xlsx", "empty").write_bytes(packed(parts(sheet="이것은 XML이 아닙니다")))
    document = {"[Content_Types].xml": CONTENT, "_rels/.rels": relationships(("officeDocument", "word/document.xml")), "word/document.xml": "<w:document xmlns:w='x'/>"}
    refused("error-text-document.docx", "not_a_workbook").write_bytes(packed(document))
    refused("error-any-zip.zip", "not_a_workbook").write_bytes(packed({"a.txt": "a"}))
    refused("error-empty-zip.xlsx", "not_a_workbook").write_bytes(packed({}))
    refused("error-ods-with-password.ods", "encrypted").write_bytes(ods("", "<encryption-data/>"))
    import msoffcrypto.format.ooxml

    with open(path("error-password.xlsx"), "wb") as file:
        msoffcrypto.format.ooxml.OOXMLFile(io.BytesIO(good)).encrypt("비밀", file)
    refused("error-password.xlsx", "encrypted")
    flagged = bytearray(good)
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := flagged.find(signature, at + 1)) >= 0:
            flagged[at + offset] |= 1
    refused("error-zip-with-password.xlsx", "encrypted").write_bytes(flagged)


def record(kind, payload=b""):
    """A record of a binary workbook ([MS-XLSB] 2.1.4)."""
    out = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    length = len(payload)
    while True:
        out += bytes([length & 0x7F | (0x80 if length > 127 else 0)])
        length >>= 7
        if not length:
            return out + payload


def wide(text):
    return struct.pack("<I", len(text.encode("utf-16-le")) // 2) + text.encode("utf-16-le")


def xlsb(cells, flags=0, price_format=None):
    book = record(0x83) + record(0x99, struct.pack("<II", flags, 0) + wide("")) + record(0x9C, struct.pack("<II", 0, 1) + wide("rId1") + wide("가격표")) + record(0x84)
    strings = record(0x9F, struct.pack("<II", 5, 5)) + b"".join(record(0x13, b"\0" + wide(text)) for text in TEXTS) + record(0xA0)
    custom = record(0x2C, struct.pack("<H", 164) + wide(price_format)) if price_format else b""
    styles = custom + record(0x269, struct.pack("<I", 2)) + record(0x2F, struct.pack("<HH", 0, 0) + bytes(12)) + record(0x2F, struct.pack("<HH", 0, 14) + bytes(12)) + (record(0x2F, struct.pack("<HH", 0, 164) + bytes(12)) if price_format else b"") + record(0x26A)
    data = record(0x81) + record(0x91) + cells + record(0x92) + record(0x82)
    return packed({
        "[Content_Types].xml": CONTENT,
        "_rels/.rels": relationships(("officeDocument", "xl/workbook.bin")),
        "xl/workbook.bin": book,
        "xl/_rels/workbook.bin.rels": relationships(("worksheet", "worksheets/sheet1.bin"), ("styles", "styles.bin"), ("sharedStrings", "sharedStrings.bin")),
        "xl/worksheets/sheet1.bin": data,
        "xl/styles.bin": styles,
        "xl/sharedStrings.bin": strings,
    })


def binary():
    def at(column, style=0):
        return struct.pack("<II", column, style)

    def text(column, index):
        return record(7, at(column) + struct.pack("<I", index))

    head = record(0, struct.pack("<I", 0) + bytes(12)) + text(0, 0) + text(1, 1) + text(2, 2)
    cells = head
    for n, (_, product, price) in enumerate(ROWS, 1):
        cells += record(0, struct.pack("<I", n) + bytes(12))
        cells += record(5, at(0, 1) + struct.pack("<d", SERIALS[n - 1]))
        cells += text(1, 3 if product == "이어폰" else 4)
        cells += record(2, at(2) + struct.pack("<I", price << 2 | 2))
    used("xlsb-plain.xlsb", sheets=["가격표"]).write_bytes(xlsb(cells))
    priced = cells.replace(record(2, at(2) + struct.pack("<I", 12500 << 2 | 2)), record(2, at(2, 2) + struct.pack("<I", 12500 << 2 | 2)))
    used("xlsb-currency-format.xlsb", [[*row[:3], "KRW" if row[2] == "12500" else None] for row in PLAIN]).write_bytes(xlsb(priced, price_format="[$₩-412]#,##0"))
    used("xlsb-1904.xlsb", [[f"{int(r[0][:4]) + 4}-11-{int(r[0][8:]) + 1:02}", *r[1:]] for r in PLAIN]).write_bytes(xlsb(cells, flags=1))
    kinds = head + record(0, struct.pack("<I", 1) + bytes(12))
    kinds += record(2, at(0, 1) + struct.pack("<I", SERIALS[0] << 2 | 2)) + record(6, at(1) + wide("이어폰")) + record(2, at(2) + struct.pack("<I", 1299 << 2 | 3))
    kinds += record(0, struct.pack("<I", 2) + bytes(12))
    kinds += record(9, at(0, 1) + struct.pack("<dHI", SERIALS[1], 0, 0)) + record(8, at(1) + wide("이어폰") + bytes(6)) + record(3, at(2) + b"\x2a")
    used("xlsb-every-kind-of-cell.xlsb", [["2026-11-19", "이어폰", "12.99", None]], [("C3", "unreadable_price")]).write_bytes(xlsb(kinds))
    refused("xlsb-record-too-short.xlsb", "damaged").write_bytes(xlsb(head + record(0, struct.pack("<I", 1)) + record(5, at(0, 1) + b"\0")))
    refused("xlsb-text-that-lies-about-its-length.xlsb", "damaged").write_bytes(xlsb(head + record(0, struct.pack("<I", 1)) + record(6, at(1) + b"\xff\xff\xff\x7f")))
    refused("xlsb-record-of-many-megabytes.xlsb", "too_large").write_bytes(xlsb(head + record(6, at(1) + bytes(5_000_000))))
    used("xlsb-index-too-large.xlsb", [PLAIN[1]], [("B2", "unreadable_product")]).write_bytes(xlsb(head + record(0, struct.pack("<I", 1) + bytes(12)) + record(5, at(0, 1) + struct.pack("<d", SERIALS[0])) + text(1, 99) + record(2, at(2) + struct.pack("<I", 100 << 2 | 2)) + record(0, struct.pack("<I", 2) + bytes(12)) + record(5, at(0, 1) + struct.pack("<d", SERIALS[1])) + text(1, 3) + record(2, at(2) + struct.pack("<I", 12500 << 2 | 2))))
