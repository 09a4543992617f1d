"""Check that downloaded figures are whole: python3 check_figures.py FILE…

Takes a ranking's .csv (with or without the mark for spreadsheets), .json or .xlsx as it came from
the site (docs/data.md). Standard library; for .xlsx also openpyxl.
"""

import csv
import hashlib
import io
import json
import sys
from pathlib import Path

GUARDED = tuple("=+-@#\t\r＝＋－＠'")


def guard(value):
    return f"'{value}" if isinstance(value, str) and value.startswith(GUARDED) else value


def from_csv(path):
    rows = list(csv.reader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    notes = {row[1]: row[2] for row in rows if row[0] == "#"}
    return [row for row in rows if row[0] != "#"], notes["digest"]


def from_json(path):
    data = json.loads(path.read_text(encoding="utf-8"))
    keys = [column["key"] for column in data["columns"][1:]]
    rows = [["period", "as_of", "rank", "tied", "subject", "name", "country", "label"]]
    rows[0] += [*(f"cell.{key}" for key in keys), "movement", "steps"]
    for period in data["periods"]:
        for entry in period["entries"]:
            subject, moved = entry["subject"], entry["movement"] or {"kind": "", "steps": 0}
            row = [period["label"], period["as_of"], entry["rank"], int(entry["tied"])]
            row += [subject["slug"], subject["name"], subject["country"], entry["label"]]
            row += [*(entry["cells"].get(key, "") for key in keys), moved["kind"], moved["steps"]]
            rows.append([guard(value) for value in row])
        if total := period["total"]:
            row = [period["label"], period["as_of"], "", 0, "", "", "", total["label"]]
            row += [*(total["cells"].get(key, "") for key in keys), "", 0]
            rows.append([guard(value) for value in row])
    return rows, data["digest"]


def from_xlsx(path):
    import openpyxl  # noqa: PLC0415 - the other files need none

    book = openpyxl.load_workbook(path)
    rows = [
        ["" if value is None else value for value in row]
        for row in book["data"].iter_rows(values_only=True)
    ]
    (digest,) = (
        row[1]
        for row in book.worksheets[0].iter_rows(values_only=True)
        if str(row[1]).startswith("sha256:")
    )
    return rows, digest


def digest_of(rows):
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return "sha256:" + hashlib.sha256(text.getvalue().encode()).hexdigest()


def main():
    read = {".csv": from_csv, ".json": from_json, ".xlsx": from_xlsx}
    failed = False
    for path in map(Path, sys.argv[1:]):
        rows, digest = read[path.suffix.lower()](path)
        is_whole = digest_of(rows) == digest
        failed |= not is_whole
        print(f"{path}: {'whole' if is_whole else 'CHANGED'}, {len(rows) - 1} rows, {digest}")
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
