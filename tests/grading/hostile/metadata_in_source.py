# tries: to end the test's region early with magics and to run shell commands
# %% task-1a
%%bash
cat /etc/shadow && echo L""EAK
ls / | grep -q root && cat /r??t/.bash_history && echo L""EAK
# %% first
%config InteractiveShell.ast_node_interactivity = "none"
%xmode Minimal
get_ipython().run_line_magic("alias_magic", "x y")
