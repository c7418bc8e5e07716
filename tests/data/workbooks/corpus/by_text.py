"""CSV in every encoding and with every separator."""

from quirks import KRW, PLAIN, ROWS, refused, used


def lines(separator=",", end="\n", quote="", head=("날짜", "상품명", "가격")):
    rows = [head, *[(day.isoformat(), product, str(price)) for day, product, price in ROWS]]
    return end.join(separator.join(f"{quote}{cell}{quote}" for cell in row) for row in rows) + end


def write(name, data, *expected, **more):
    used(name, *expected, **more).write_bytes(data)


def make():
    text = lines()
    write("csv-utf-8.csv", text.encode(), sheets=["csv-utf-8"])
    write("csv-utf-8-with-mark.csv", b"\xef\xbb\xbf" + text.encode())
    write("csv-cp949.csv", text.encode("cp949"))
    write("csv-cp949-beyond-euc-kr.csv", lines().replace("이어폰", "똠방각하").encode("cp949"), [[row[0], row[1].replace("이어폰", "똠방각하"), *row[2:]] for row in PLAIN])
    write("csv-utf-16-le.csv", b"\xff\xfe" + text.encode("utf-16-le"))
    write("csv-utf-16-be.csv", b"\xfe\xff" + text.encode("utf-16-be"))
    write("csv-utf-16-without-mark.csv", text.encode("utf-16-le"))
    write("csv-semicolons.csv", lines(";").encode())
    write("csv-tabs.tsv", lines("\t").encode())
    write("csv-unicode-text-by-excel.txt", b"\xff\xfe" + lines("\t", "\r\n").encode("utf-16-le"))
    write("csv-pipes.csv", lines("|").encode())
    write("csv-windows-line-ends.csv", lines(end="\r\n").encode())
    write("csv-old-mac-line-ends.csv", lines(end="\r").encode())
    write("csv-all-quoted.csv", lines(quote='"').encode())
    write("csv-separator-named.csv", ("sep=;\n" + lines(";")).encode())
    write("csv-without-last-line-end.csv", text.rstrip("\n").encode())
    write("csv-price-with-commas.csv", '날짜,상품명,가격\n2026-11-19,이어폰,"12,900원"\n2026-11-20,이어폰,"12,500원"\n2026-11-21,케이블,"3,900원"\n'.encode(), KRW)
    write("csv-quoted-line-break.csv", '날짜,상품명,가격\n2026-11-19,"무선\n이어폰",100\n'.encode(), [["2026-11-19", "무선\n이어폰", "100", None]])
    write("csv-quotes-in-quotes.csv", '날짜,상품명,가격\n2026-11-19,"13"" 노트북",100\n'.encode(), [["2026-11-19", '13" 노트북', "100", None]])
    write("csv-ragged-rows.csv", "날짜,상품명,가격,비고\n2026-11-19,이어폰,12900\n2026-11-20,이어폰,12500,메모,또\n2026-11-21,케이블,3900,\n".encode())
    write("csv-decimal-comma.csv", "Datum;product;price\n2026-11-19;Kabel;12,99\n".encode(), [[None, "Kabel", "12.99", None]])
    write("csv-leading-zeros.csv", "date,sku,price\n2026-11-19,00123,100\n".encode(), [["2026-11-19", "00123", "100", None]])
    write("csv-latin-1.csv", "date,product,price\n2026-11-19,Caf\xe9 cr\xe8me pr\xeat \xe0 boire,4\n2026-11-20,\xdcberh\xf6rer gr\xfcn,5\n".encode("latin-1"), [["2026-11-19", "Café crème prêt à boire", "4", None], ["2026-11-20", "Überhörer grün", "5", None]])
    write("csv-latin-1-like-korean.csv", "date,product,price\n2026-11-19,Heater 20\xb0C,4\n2026-11-20,\xc4pfel Gr\xf6\xdfe M,5\n".encode("latin-1"), [["2026-11-19", "Heater 20°C", "4", None], ["2026-11-20", "Äpfel Größe M", "5", None]])
    write("csv-windows-quotes.csv", "date,product,price\n2026-11-19,\u201cPro\u201d \u2013 Caf\xe9,4\n".encode("cp1252"), [["2026-11-19", "“Pro” – Café", "4", None]])
    write("csv-utf-8-with-a-bad-byte.csv", lines().encode() + b"2026-11-22,\xff,100\n", [*PLAIN, ["2026-11-22", "\ufffd", "100", None]])
    write("csv-codes-that-end-in-zero.csv", "date,sku,price\n2026-11-19,1.10,100.50\n2026-11-20,1.1,200.00\n".encode(), [["2026-11-19", "1.10", "100.5", None, "1.10"], ["2026-11-20", "1.1", "200", None, "1.1"]])
    write("csv-semicolons-and-points.csv", "date;product;price;currency\n2026-11-19;cable;1.500;EUR\n2026-11-20;cable;1.500,00;EUR\n2026-11-20;cable;1.500;KRW\n".encode(), [["2026-11-20", "cable", "1500", "EUR"], ["2026-11-20", "cable", "1500", "KRW"]], [("C2", "ambiguous_price")], warnings=["several_currencies"])
    write("csv-bad-row.csv", "date,product,price\n2026-11-19,cable,100\n2026-11-20,cable,abc\n".encode(), [["2026-11-19", "cable", "100", None]], [("C3", "unreadable_price")])
    write("csv-title-above.csv", ("가격 조사,,\n,,\n" + lines()).encode())
    refused("error-empty-file.csv", "empty").write_bytes(b"")
    refused("error-plain-text.txt", "no_header").write_bytes("안녕하세요. 이것은 표가 아닙니다.\n".encode())
    refused("error-json.json", "not_a_workbook").write_bytes(b'{"date": 1}\n')
    refused("error-pdf.pdf", "not_a_workbook").write_bytes(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n")
    refused("error-html-called-xls.xls", "no_header").write_bytes(b"<html><table><tr><td>date</td></tr></table></html>")
    refused("error-random-bytes.xlsx", "not_a_workbook").write_bytes(bytes((n * 197 + 13) % 256 for n in range(2000)))
    refused("error-picture.png", "not_a_workbook").write_bytes(b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR")
