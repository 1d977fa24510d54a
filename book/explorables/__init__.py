"""Figures with sliders: as Bokeh in the book, and as cells with ipywidgets in a notebook.

A figure owns one folder here, whose name with hyphens is the figure's name on a page:

- `mathematics.py` computes what the figure shows, with NumPy and `gan_utils` and nothing else. Its
  function from the values of the controls returns three things: the `columns` that are drawn, by
  source; the `numbers` that a sentence can say, by name; and the `finding`, which of the sentences
  is true. Names in it are its own, since the cells of all figures share one notebook.
- `figure.py` defines `EXPLORABLE`: the title, the page to which the figure belongs, the controls,
  that function, the drawing with Bokeh, the sentences, and the values of the controls at which
  Python and JavaScript are compared. They must reach every sentence.
- `figure.js` computes the same in the reader's browser: one function, registered by the figure's
  name, from the same values to the same three things. `explorables.js` has the numerics that
  figures share, and everything that concerns the page.
- `cell.py` defines `show`, which draws the figure with Matplotlib and prints its numbers. The
  notebook has it under a cell with the mathematics; its controls are those of `figure.py`.
- `text.md` is its section on the page of all figures: a question, the figure, the answer.

That is all: `book.explorables.registry` finds the folder, the page of all figures and its notebook
list it, and the tests hold its halves against each other. A chapter shows it with one line,
`{explorable}` and the name. Scripts are loaded only by pages that show the figure.
"""
