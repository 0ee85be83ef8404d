"""Spreadsheets: a plain description of a workbook, written as XLSX, ODS or CSV, and what people send back.

    workbook = Workbook("Plan d’actions", [Sheet("Fiches", [Column("Titre", width=40)], rows)])
    to_xlsx(workbook); to_ods(workbook); to_csv(workbook.sheets[0])
    read_workbook(content)["Fiches"].rows

A text from a user never becomes a live formula, whatever it begins with.
"""

from ctg.sheets.delimited import read_csv, to_csv
from ctg.sheets.model import MEDIA_TYPES, Cell, Column, Kind, Marked, Sheet, Value, Workbook, cell_text
from ctg.sheets.ods import to_ods
from ctg.sheets.reading import Raw, ReadSheet, read_workbook
from ctg.sheets.scan import Limits
from ctg.sheets.xlsx import to_xlsx

__all__ = [
    "MEDIA_TYPES",
    "Cell",
    "Column",
    "Kind",
    "Limits",
    "Marked",
    "Raw",
    "ReadSheet",
    "Sheet",
    "Value",
    "Workbook",
    "cell_text",
    "read_csv",
    "read_workbook",
    "to_csv",
    "to_ods",
    "to_xlsx",
]
