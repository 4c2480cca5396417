"""The format language: parse, compile, write, read back, explain.

load.load_format(text, …) -> Format          a file with a connection's settings and labels, checked whole
writer.compile_format(form, run) -> Writer   header(), document(…), trailer(…); writer.render, writer.file_name
reader.read(form, chunks, …)                 the records of a file and the values that they tell
recovery.recoverable, recovery.expected      which values those are, and what they must be for a document
explain.explain(form, run, documents, N)     where each cell of line N came from
"""
