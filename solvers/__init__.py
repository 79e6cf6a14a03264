"""The mathematics of the book, in NumPy and nothing else.

One module a subject; none of them knows what an exercise is. What they share:

* Samples are rows: ``X`` of shape ``(..., n, d)``, ``y`` of shape ``(..., n)``, ``w`` of shape ``(..., d)``.
  Leading axes are a stack of problems of one shape, solved in one call with the same bits as one by one.
* A cost is a mean over the samples given, and so is its gradient ``f(w, X, y) -> (..., d)``;
  with one row it is the gradient of that single sample.
* An iterative solver returns every iterate, ``(steps + 1, ..., d)``, row 0 being the start.
* Randomness comes in only as a ``numpy.random.Generator``.

Numbers in brackets, as in (1.7), are the book's equations; E16 and the like are entries of ``docs/errata.md``.
"""
