"""Everything that runs other people's code, a wall in each file:

- :mod:`sandbox`: what a process may reach and take;
- :mod:`wire`: what crosses between a student's objects and the tests, plain data alone;
- :mod:`parent`: a warm process from which the others are forked;
- :mod:`student`, :mod:`tester`, :mod:`shell`: the two sides, and the IPython that both run cells with;
- :mod:`submission`: one submission from beginning to end;
- :mod:`execute`, :mod:`feedback`: nbgrader's steps made of it, switched on in nbgrader_config.py.
"""
