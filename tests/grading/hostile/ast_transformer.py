# tries: to empty all later cells before they are compiled
# breaks itself
# %% first
import ast

from IPython import get_ipython


class Empty(ast.NodeTransformer):
    def visit_Module(self, node):
        return ast.Module(body=[], type_ignores=[])


get_ipython().ast_transformers.append(Empty())
