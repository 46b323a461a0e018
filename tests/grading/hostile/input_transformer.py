# tries: to rewrite the text of all later cells
# breaks itself
# %% first
from IPython import get_ipython

get_ipython().input_transformers_cleanup.append(lambda lines: ["pass\n"])
get_ipython().input_transformers_post.append(lambda lines: ["pass\n"])
