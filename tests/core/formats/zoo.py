"""Format files that together use every form of the language; the shipped ones use but some."""

from __future__ import annotations

_HEAD = """
format = 1
title = "A format of the zoo"
file_name = "{entity}-{run_day:YYYYMMDD}-{sequence:000}.txt"
[entries]
writes = ["expense_report", "company_paid"]
[labels]
expense = "{type_name} {comment} {original} {currency}"
vat = "TVA {vat_rate} % sur {base} le {day:DD/MM}"
employee = "{employee_name}"
company = "{{{title}}}"
"advance.account" = "AVANCE {report}"
"""

QUOTED = f"""
name = "quoted"
layout = "delimited"
delimiter = ","
quote = "'"
quote_all = true
newline = "LF"
encoding = "utf-8-sig"
mark = ","
date = "DD.MM.YYYY"
{_HEAD}
[records.header]
fields = [{{ name = "what", const = "x" }}, {{ name = "who", var = "entity" }}, {{ name = "when", var = "run_day" }}]
[records.line]
fields = [
  {{ name = "journal", var = "journal" }},
  {{ name = "amount", var = "amount" }},
  {{ name = "original", var = "original", mark = "." }},
  {{ name = "currency", var = "currency" }},
  {{ name = "day", var = "day" }},
  {{ name = "label", var = "label", upper = true, width = 30, overflow = "truncate" }},
  {{ name = "comment", var = "comment" }},
  {{ name = "kind", var = "kind", map = {{ expense="E", vat="V", employee="S", company="C", "advance.account"="A" }} }},
  {{ name = "piece", text = "P-{{piece}}/{{fiscal_year}}" }},
  {{ name = "code", text = "N{{piece:00000000}}" }},
  {{ name = "general", var = "general" }},
  {{ name = "posting", var = "posting_day" }},
]
[records.trailer]
fields = [{{ name = "n", var = "record_count" }}, {{ name = "debit", var = "debit_total" }}]
"""

UNQUOTED = f"""
name = "unquoted"
layout = "delimited"
delimiter = "TAB"
encoding = "latin-1"
fallback = "ascii"
header_row = true
{_HEAD}
[records.line]
fields = [
  {{ name = "record", title = "Art der Zeile", const = "G" }},
  {{ name = "account", var = "account" }},
  {{ name = "debit", var = "amount", form = "debit", mark = "" }},
  {{ name = "credit", var = "amount", form = "credit", mark = "" }},
  {{ name = "base", var = "base", decimals = 3 }},
  {{ name = "label", var = "label" }},
  {{ name = "type", cases = [{{ when = {{ side = "debit" }}, var = "type" }}, {{ text = "{{type}} {{type_name}}" }}] }},
  {{ name = "section", const = "" }},
  {{ name = "part", const = "" }},
  {{ name = "posting", var = "posting_day" }},
]
[records.analytic]
like = "line"
fields = [
  {{ name = "record", const = "A" }},
  {{ name = "section", var = "section" }},
  {{ name = "part", var = "section_amount", mark = "," }},
]
"""

COLUMNS = f"""
name = "columns"
layout = "fixed"
record_length = 118
encoding = "cp850"
fallback = "ascii"
newline = "LF"
mark = ""
date = "YYMMDD"
{_HEAD}
[transliterate]
"œ" = "oe"
" " = "_"
[records.header]
fields = [{{ name = "a", var = "entity", width = 10, align = "right" }}, {{ name = "b", var = "entity_name" }}]
[records.line]
fields = [
  {{ at = 1, name = "record", const = "L", width = 2 }},
  {{ at = 3, name = "piece", var = "piece", width = 8, pad = "0" }},
  {{ at = 11, name = "account", var = "account", width = 12, align = "right" }},
  {{ at = 23, name = "amount", var = "amount", width = 15, pad = "0" }},
  {{ at = 38, name = "base", var = "base", width = 15, align = "left" }},
  {{ at = 53, name = "day", var = "day", width = 6 }},
  {{ at = 59, name = "label", var = "label", width = 20, overflow = "truncate", align = "right", pad = "." }},
  {{ at = 79, name = "side", var = "side", map = {{ debit = "+", credit = "-" }}, width = 1 }},
  {{ at = 80, name = "type", var = "type", width = 6, overflow = "truncate", upper = true }},
  {{ at = 86, name = "rank", var = "rank", width = 3, align = "left" }},
  {{ at = 89, name = "aux", var = "auxiliary", width = 9, charset = "A-Z0-9" }},
  {{ at = 98, name = "part", const = "", width = 15 }},
  {{ at = 113, name = "posting", var = "posting_day", width = 6 }},
]
[records.analytic]
like = "line"
unless = {{ slot = 0 }}
fields = [
  {{ name = "record", const = "A", width = 2 }},
  {{ name = "part", var = "section_amount", form = "unsigned", width = 15 }},
]
[records.trailer]
fields = [{{ name = "lines", var = "line_count", width = 9, pad = "0" }}]
"""

FLAGGED = f"""
name = "flagged"
layout = "tagged"
flag_prefix = "!"
encoding = "cp1252"
fallback = "ascii"
date = "DD/MM/YY"
{_HEAD}
[records.line]
flag = "!TRNS"
fields = [
  {{ at = 1, name = "title", var = "title" }},
  {{ at = 2, name = "account", var = "account", upper = true }},
  {{ at = 3, name = "amount", var = "amount", form = "unsigned", width = 16 }},
  {{ at = 4, name = "day", var = "posting_day" }},
  {{ at = 5, name = "side", var = "side", map = {{ debit = "debit", credit = "credit" }} }},
  {{ at = 6, name = "label", var = "label", width = 40, overflow = "truncate" }},
]
[records.analytic]
flag = "!SPL"
fields = [
  {{ name = "axis", var = "axis" }},
  {{ name = "section", var = "section" }},
  {{ name = "part", var = "section_amount", form = "unsigned" }},
]
[records.trailer]
flag = "!END"
fields = [{{ name = "documents", var = "document_count" }}]
"""

STRICT = f"""
name = "strict"
layout = "fixed"
record_length = 67
encoding = "iso8859-3"
{_HEAD}
[records.line]
fields = [
  {{ name = "label", var = "label", width = 9, overflow = "truncate", upper = true }},
  {{ name = "type", var = "type_name", width = 8, overflow = "truncate", charset = "A-Za-z0-9 é" }},
  {{ name = "code", var = "account", width = 5, overflow = "truncate" }},
  {{ name = "amount", var = "amount", width = 18, align = "left", decimals = 4 }},
  {{ name = "general", var = "general", width = 17 }},
  {{ name = "posting", var = "posting_day", width = 10 }},
]
"""

ZOO = {"strict": STRICT, "quoted": QUOTED, "unquoted": UNQUOTED, "columns": COLUMNS, "flagged": FLAGGED}
