"""Everything that runs other people's code, a wall in each file:

- :mod:`sandbox`: what a process may reach and take;
- :mod:`wire`: what crosses between a student's objects and the tests, plain data alone;
- :mod:`parent`: a warm process from which the others are forked;
- :mod:`student`, :mod:`tester`, :mod:`shell`: the two sides, and the IPython that both run cells with;
- :mod:`submission`: one submission from beginning to end;
- :mod:`execute`, :mod:`feedback`: nbgrader's steps made of it, switched on in nbgrader_config.py;
- :mod:`intake`: what was handed in, whatever state it is in, becomes a notebook with the release's cells;
- :mod:`work`: a submission as plain data becomes a graded notebook as plain data, on any machine;
- :mod:`batch`, :mod:`cluster`: a class on all cores, and on many machines;
- :mod:`save`: the one who writes, the gradebook and what else is kept.
"""
