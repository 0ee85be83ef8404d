"""The plan as a workbook that goes out, is changed, and comes back.

    plan = read_plan(convention, user)
    content = to_xlsx(plan_workbook(plan, now))          # goes out
    book = read_book(content, convention, plan.form)     # comes back; raises Refused
    comparison = compare(plan, book)                     # changes, conflicts, faults
    report_of(comparison, plan)                          # the same in words
    write_edits(plan, comparison.edits, by=user)         # in the transaction of the caller

`cells` says how a value is written and read, `form` which columns there are, `people` the names they may hold.
"""

from actions.importers.workbook.compare import Comparison, compare
from actions.importers.workbook.load import lock_plan, settle, write_edits
from actions.importers.workbook.plan import Plan, read_plan
from actions.importers.workbook.reading import read_book
from actions.importers.workbook.report import report_of
from actions.importers.workbook.writing import marked_workbook, plan_workbook, workbook_title

__all__ = [
    "Comparison",
    "Plan",
    "compare",
    "lock_plan",
    "marked_workbook",
    "plan_workbook",
    "read_book",
    "read_plan",
    "report_of",
    "settle",
    "workbook_title",
    "write_edits",
]
